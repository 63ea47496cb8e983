import { segmentFault } from '../base/names.ts'
import type { AnyNotebook } from '../contract/notebook.ts'
import { describeArgs } from './args.ts'
import { bindInputs, bindOutputs, sourceRejects } from './bindings.ts'
import { checkIncremental } from './check-incremental.ts'
import { checkDefinition } from './check-notebook.ts'
import type { DeclaredStep } from './declared.ts'
import type { Describing, Told } from './describe-context.ts'
import { describeEnv } from './env.ts'
import { describePartition } from './describe-partition.ts'
import type { PlacedStep } from './expand.ts'
import { describeLimits } from './limits.ts'
import { notebookName, withinProject } from './place.ts'

/** One step as plain JSON, or undefined when its notebook has no file. */
export function describeStep(placed: PlacedStep, context: Describing): DeclaredStep | undefined {
  const { notebook, settings } = placed
  const { definition } = notebook
  const file = fileOf(placed, context)
  if (file === undefined) return undefined
  const path = notebookName(file)
  const name = nameOf(placed, path, context)
  const where = placed.where ?? context.tell(notebook.site)
  const told: Told = { step: name, ...(where && { where }) }
  checkDefinition(notebook, told, context)
  const inputs = bindInputs(notebook, settings, told, context)
  const outputs = [...bindOutputs(notebook, settings, told, context), ...sourceRejects(inputs)]
  checkIncremental(notebook, { inputs, outputs }, told, context)
  return {
    name,
    file,
    notebook: path,
    kind: definition.run === undefined ? 'select' : 'run',
    inputs,
    outputs,
    ...describeArgs(notebook, settings, told, context),
    env: describeEnv(notebook, told, context),
    secrets: definition.secrets ?? [],
    volatile: definition.volatile ?? false,
    ...(definition.external === true && { external: true }),
    ...(definition.incremental !== undefined && { incremental: definition.incremental }),
    ...(definition.deletes && { deletes: Object.keys(definition.deletes) }),
    ...describePartition(notebook, { inputs, outputs }, told, context),
    ...describeLimits(definition, settings, told, context),
    ...(definition.description !== undefined && { description: definition.description }),
    ...(definition.owner !== undefined && { owner: definition.owner }),
    ...(definition.tags && { tags: definition.tags }),
    ...(where && { where }),
    inFlow: placed.inFlow,
  }
}

/** The file of a notebook, relative to the project. */
function fileOf({ notebook, where }: PlacedStep, context: Describing): string | undefined {
  const known = context.fileOf?.(notebook) ?? notebook.site?.file
  const file = known === undefined ? undefined : withinProject(context.projectRoot, known)
  if (file !== undefined) return file
  context.problems.push({
    code: 'notebook/not-found',
    message: `${called(notebook)} ${known === undefined ? 'has no file of its own' : `lies outside of the project, in ${known}`}`,
    where: where ?? notebook.site,
    hint: 'a notebook is a module of the project that calls notebook({...})',
  })
  return undefined
}

function called(notebook: AnyNotebook): string {
  return notebook.name ? `the notebook '${notebook.name}'` : 'a notebook'
}

function nameOf(
  { notebook, settings, prefix, where }: PlacedStep,
  path: string,
  context: Describing,
): string {
  const base = settings.name ?? notebook.definition.name ?? path.split('/').at(-1) ?? path
  const fault = segmentFault(base)
  if (fault !== undefined) {
    context.problems.push({
      code: 'project/name-invalid',
      message: `the step name '${base}' ${fault}`,
      where,
    })
  }
  const bad = path.split('/').find((segment) => segmentFault(segment) !== undefined)
  if (bad !== undefined) {
    const message = `the notebook path '${path}' cannot be a folder of tables: '${bad}' ${segmentFault(bad)}`
    context.problems.push({
      code: 'project/name-invalid',
      message,
      where: context.tell(notebook.site) ?? where,
    })
  }
  return `${prefix}${base}`
}
