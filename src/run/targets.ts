import { ProblemError, type Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { DeclaredFlow } from '../flow/declared.ts'
import type { LooseFlow } from '../flow/flow.ts'
import { notebookFiles } from '../flow/notebook-files.ts'
import { checkOwners } from '../flow/owners.ts'
import { withinProject } from '../flow/place.ts'
import { flowNamed, type FlowFile } from '../flow/project.ts'
import { declareFlow, edgeDigests, type Declaration } from './declare.ts'
import type { Pool } from './pool.ts'
import type { CodeContext } from '../notebook/code-version.ts'
import type { Workspace } from './workspace.ts'
import { codeContext, codeProblems, lookAtSteps, statsIn } from './code-facts.ts'

/** What is to run: a flow object, or names or files of flows; nothing or an empty list means all flows. */
export type Target = LooseFlow | string | readonly string[] | undefined

/**
 * What the targets declare, ordered so that a flow comes after those that produce what it takes as given.
 * Throws a ProblemError with everything that is wrong in any of them.
 */
export async function declareTargets(
  workspace: Workspace,
  target: Target,
  args: { readonly [name: string]: string },
  pool: () => Pool,
): Promise<Declaration[]> {
  if (typeof target === 'object' && 'kind' in target)
    return [await declareObject(workspace, target, args, pool)]
  const names = typeof target === 'string' ? [target] : (target ?? [])
  const files = names.length > 0 ? flowsNamed(workspace, names) : workspace.project.flows
  if (files.length === 0) {
    throw new ProblemError({
      code: 'project/unknown',
      message: 'this project has no flow',
      hint: 'a flow is a file in flows/, such as flows/taxi.ts',
    })
  }
  const problems: Problem[] = []
  const declared: Declaration[] = []
  let context: CodeContext | undefined
  const declare: Declare = (flow, overrides) =>
    declareNamed(workspace, flow, overrides, pool, () => (context ??= codeContext(workspace)))
  for (const flow of files) await collect(problems, async () => declared.push(await declare(flow, args)))
  if (problems.length === 0 && declared.some(({ owned }) => !owned))
    problems.push(...(await ownerProblems(workspace, declared, declare)))
  if (problems.length > 0) throw new ProblemError(problems)
  for (const each of declared) if (!each.owned) each.keepOwned()
  return inOrder(declared)
}

/** Declares a flow of the project. */
type Declare = (flow: FlowFile, overrides: { readonly [name: string]: string }) => Promise<Declaration>

function flowsNamed(workspace: Workspace, names: readonly string[]): FlowFile[] {
  const problems: Problem[] = []
  const files: FlowFile[] = []
  for (const name of names) {
    try {
      files.push(flowNamed(workspace.project, name))
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error
      problems.push(...error.problems)
    }
  }
  if (problems.length > 0) throw new ProblemError(problems)
  return [...new Set(files)]
}

async function declareNamed(
  workspace: Workspace,
  { name, file }: FlowFile,
  args: { readonly [name: string]: string },
  pool: () => Pool,
  look: () => CodeContext,
): Promise<Declaration> {
  const declaration = await declareFlow(workspace, file, args, pool, look)
  const problem = flowNameProblem(declaration.flow, { name, file })
  if (problem) throw new ProblemError(problem)
  return declaration
}

/** A flow is found by the name of its file. */
export function flowNameProblem(flow: DeclaredFlow, { name, file }: FlowFile): Problem | undefined {
  if (flow.name === name) return undefined
  const hint = didYouMean(flow.name, [name])
  return {
    code: 'flow/invalid',
    message: `${file} declares the flow '${flow.name}', but its file is called '${name}'`,
    where: flow.where ?? { file },
    hint: hint ?? `call one like the other: flow('${name}')`,
  }
}

/** A flow that a program built: it is described here, and its notebooks are found by their files. */
async function declareObject(
  workspace: Workspace,
  flow: LooseFlow,
  overrides: { readonly [name: string]: string },
  pool: () => Pool,
): Promise<Declaration> {
  // With zod, which a run of named flows with nothing to do must not load.
  const { describeFlow } = await import('../flow/describe.ts')
  const described = describeFlow(flow, { projectRoot: workspace.root, overrides, processEnv: process.env })
  if (!described.flow) throw new ProblemError(described.problems)
  const context = codeContext(workspace)
  const outside = described.flow.steps.filter(
    ({ kind, file }) => kind !== 'deliver' && withinProject(workspace.root, file) === undefined,
  )
  const problems: Problem[] = outside.map(({ name, file }) => ({
    code: 'notebook/not-found',
    message: `step '${name}': its notebook ${file} is not a file of this project`,
    hint: 'a notebook is the default export of a module, because workers load it from there',
  }))
  problems.push(...(await codeProblems(context, notebookFiles(described.flow))))
  if (problems.length > 0) throw new ProblemError(problems)
  const edges = await edgeDigests(workspace, described.flow, pool, context)
  return {
    flow: described.flow,
    edges,
    owned: true,
    keepOwned: () => undefined,
    loadedAgain: false,
    codeOf: lookAtSteps(workspace, edges, context),
    statOf: statsIn(context),
  }
}

/**
 * A table has one owner in a project: looked at until it is found for each declaration, with the flows as they
 * are written. Of two flows that clash, the one that changed last is refused.
 */
async function ownerProblems(
  workspace: Workspace,
  declared: readonly Declaration[],
  declare: Declare,
): Promise<Problem[]> {
  const flows: DeclaredFlow[] = []
  for (const { name, file } of workspace.project.flows) {
    const known = declared.find(
      ({ flow }) => flow.file === file && flow.steps.every(({ overrides }) => overrides.length === 0),
    )
    // What is wrong with a flow that was not asked for stops nobody.
    await collect([], async () => flows.push((known ?? (await declare({ name, file }, {}))).flow))
  }
  return checkOwners(flows)
}

async function collect(problems: Problem[], work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    problems.push(...error.problems)
  }
}

/** Flows after those that write what they take as given; flows that wait for each other keep their order. */
function inOrder(declared: readonly Declaration[]): Declaration[] {
  const writers = new Map<string, Declaration>()
  for (const each of declared) {
    for (const step of each.flow.steps) for (const { table } of step.outputs) writers.set(table.name, each)
  }
  const ordered = new Set<Declaration>()
  const visit = (each: Declaration, trail: ReadonlySet<Declaration>) => {
    if (ordered.has(each) || trail.has(each)) return
    for (const table of each.flow.external) {
      const writer = writers.get(table.name)
      if (writer && writer !== each) visit(writer, new Set([...trail, each]))
    }
    ordered.add(each)
  }
  for (const each of declared) visit(each, new Set())
  return [...ordered]
}
