import { closeAll } from './close-all.ts'
import { ProblemError, unlessProblem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { DeclaredFlow, DeclaredStep } from '../flow/declared.ts'
import { notebookCalled, notebookName } from '../flow/place.ts'
import { listNotebooks } from '../flow/project.ts'
import { declareFlow } from './declare.ts'
import type { ProjectOptions } from './options.ts'
import type { Pool } from './pool.ts'
import { lazyPool } from './run.ts'
import { declareTargets } from './targets.ts'
import { openWorkspace } from './workspace.ts'
import type { Workspace } from './workspace.ts'

/** All flows of a project as they are declared. Throws a ProblemError with all that is wrong with any of them. */
export function declaredFlows(options: ProjectOptions): Promise<DeclaredFlow[]> {
  return withPool(options, async (workspace, pool) => {
    const declared = await declareTargets(workspace, [], {}, pool)
    return declared.map(({ flow }) => flow)
  })
}

/**
 * A notebook as the first flow that has it places it, else as it stands alone: its args are known even where
 * required ones are not given. Throws a ProblemError when the module is wrong.
 *
 * @param name of the notebook (its end will do) or of a step, or the notebook's file
 */
export function declaredNotebook(options: ProjectOptions, name: string): Promise<DeclaredStep> {
  const wanted = name.replace(/^\.\//, '')
  return withPool(options, async (workspace, pool) => {
    const flows = await Promise.all(
      workspace.project.flows.map(({ file }) => flowOrNone(workspace, file, pool)),
    )
    const steps = flows.flatMap((flow) => flow?.steps.filter(({ kind }) => kind !== 'deliver') ?? [])
    const placed = steps.find((each) => [each.file, each.notebook, each.name].includes(wanted))
    if (placed) return placed
    const files = listNotebooks(workspace.root)
    const file = notebookCalled(wanted, files)
    const byFile = steps.find((each) => each.file === file)
    if (byFile) return byFile
    const [step] = file === undefined ? [] : (await declareFlow(workspace, file, {}, pool)).flow.steps
    if (step) return step
    throw new ProblemError({
      code: 'project/unknown',
      message: `there is no notebook '${name}'`,
      hint: didYouMean(wanted, files.map(notebookName)),
    })
  })
}

/** What is wrong with other flows does not matter to a notebook. */
async function flowOrNone(
  workspace: Workspace,
  file: string,
  pool: () => Pool,
): Promise<DeclaredFlow | undefined> {
  return unlessProblem(async () => (await declareFlow(workspace, file, {}, pool)).flow)
}

async function withPool<T>(
  options: ProjectOptions,
  work: (workspace: Workspace, pool: () => Pool) => Promise<T>,
): Promise<T> {
  const workspace = await openWorkspace(options)
  const pools = lazyPool(workspace, {})
  try {
    return await work(workspace, pools.get)
  } finally {
    await closeAll(pools, workspace)
  }
}
