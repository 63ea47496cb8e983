import { caseClashes, segmentFault } from '../base/names.ts'
import { orderProblems, type Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { checkFlowContracts } from './check-contracts.ts'
import type { DeclaredFlow, DeclaredStep } from './declared.ts'
import type { DescribeContext, Describing } from './describe-context.ts'
import { describeSources } from './describe-sources.ts'
import { describeStep } from './describe-step.ts'
import { describeDelivery } from './describe-delivery.ts'
import { expandFlow } from './expand.ts'
import type { LooseFlow } from './flow.ts'
import { placeWithin, withinProject } from './place.ts'
import { resolveFlow } from './resolve.ts'

export type { DescribeContext } from './describe-context.ts'

/** A flow with mistakes in it. */
export interface PartialFlow {
  readonly flow: DeclaredFlow
  /** Names of the steps that are wrong by themselves, or whose contracts are. */
  readonly faulty: readonly string[]
}

/** A flow as plain JSON, or what is wrong with it. */
export interface FlowDescription {
  /** Left out when there are Problems. */
  readonly flow?: DeclaredFlow
  /** With Problems: as much as could be told, for whoever looks for more of them. */
  readonly partial?: PartialFlow
  readonly problems: readonly Problem[]
  /** Names of the variables of the environment that went into the declarations. */
  readonly variables: readonly string[]
}

/**
 * Turns a chain into the plain JSON of `declared.ts`: inner flows are put in their place, inputs and outputs
 * bound, args parsed, and contracts checked. All Problems come at once, also those of `resolveFlow`.
 */
export function describeFlow(flow: LooseFlow, context: DescribeContext): FlowDescription {
  const describing: Describing = {
    ...context,
    problems: [],
    tell: (place) => placeWithin(context.projectRoot, place),
    taken: new Set(),
    faulty: new Set(),
    variables: new Set(),
  }
  const declared = declareFlow(flow, describing)
  checkNames(declared, describing)
  checkFlowContracts(declared, describing.problems)
  checkOverrides(declared, describing)
  const variables = [...describing.variables].toSorted()
  if (describing.problems.length === 0) return { flow: declared, problems: [], variables }
  const problems = unique([...describing.problems, ...resolveFlow(declared).problems])
  const partial = { flow: declared, faulty: faultySteps(declared, describing) }
  return { partial, problems: orderProblems(problems), variables }
}

function declareFlow(flow: LooseFlow, context: Describing): DeclaredFlow {
  const { steps, sources, deliveries, plugins } = expandFlow(flow, context)
  const where = context.tell(flow.site)
  const file =
    (flow.site && withinProject(context.projectRoot, flow.site.file)) ?? flow.site?.file ?? flow.name
  return {
    name: flow.name,
    file,
    ...(flow.options.description !== undefined && { description: flow.options.description }),
    publish: flow.options.publish ?? 'step',
    ...describeSources(sources, context),
    steps: [
      ...steps.flatMap((placed) => stepOf(() => describeStep(placed, context), context)),
      ...deliveries.flatMap((placed) => stepOf(() => describeDelivery(placed, file, context), context)),
    ],
    plugins: [...new Set(plugins.map(pluginName))],
    ...(where && { where }),
  }
}

function stepOf(describe: () => DeclaredStep | undefined, context: Describing): DeclaredStep[] {
  const before = context.problems.length
  const step = describe()
  if (step && context.problems.length > before) context.faulty.add(step.name)
  return step ? [step] : []
}

/** A contract that is wrong makes faulty the steps that read or write by it. */
function faultySteps(flow: DeclaredFlow, { faulty }: Describing): string[] {
  const isWrong = (step: DeclaredStep) => {
    const problems: Problem[] = []
    checkFlowContracts({ ...flow, sources: [], external: [], steps: [step] }, problems)
    return problems.length > 0
  }
  return flow.steps.filter((step) => faulty.has(step.name) || isWrong(step)).map(({ name }) => name)
}

/** Nothing is known of a plugin's form here: `plugins.ts` says what is wrong with one. */
function pluginName(plugin: { readonly name?: unknown } | undefined): string {
  return String(plugin?.name)
}

function checkNames(flow: DeclaredFlow, { problems }: Describing): void {
  const fault = segmentFault(flow.name)
  if (fault !== undefined) {
    problems.push({
      code: 'project/name-invalid',
      message: `the flow name '${flow.name}' ${fault}`,
      where: flow.where,
    })
  }
  const first = new Map<string, DeclaredStep>()
  for (const step of flow.steps) {
    const other = first.get(step.name)
    if (other === undefined) first.set(step.name, step)
    else problems.push(duplicate(step, other))
  }
  for (const [one, other] of caseClashes(first.keys())) {
    const message = `the steps '${one}' and '${other}' differ in the case of letters only`
    problems.push({ code: 'contract/name-clash', message, where: first.get(other)?.where })
  }
}

function duplicate(step: DeclaredStep, other: DeclaredStep): Problem {
  return {
    code: 'flow/step-duplicate',
    message: `two steps are called '${step.name}': ${other.notebook} and ${step.notebook}`,
    where: step.where,
    related: [{ message: `the other '${step.name}'`, where: other.where }],
    hint: 'give one of them a name: `.step(notebook, { name: ... })`',
  }
}

function checkOverrides(
  { name: flow, steps }: DeclaredFlow,
  { overrides, taken, problems }: Describing,
): void {
  const args = steps.flatMap((step) => step.argsSchema.map((arg) => ({ step: step.name, arg: arg.name })))
  const known = args.flatMap(({ step, arg }) => [arg, `${step}.${arg}`])
  for (const name of Object.keys(overrides)) {
    if (taken.has(name)) continue
    const message = `no step of flow '${flow}' takes the arg '${name}'`
    const hint = didYouMean(name, name.includes('.') ? known : args.map(({ arg }) => arg))
    problems.push({ code: 'project/usage', message, ...(hint && { hint }) })
  }
}

function unique(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()]
}
