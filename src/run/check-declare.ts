import { problemsOf, type Problem } from '../base/problem.ts'
import type { DeclaredFlow, DeclaredStep } from '../flow/declared.ts'
import { notebookName } from '../flow/place.ts'
import { resolveFlow } from '../flow/resolve.ts'
import type { FlowFile } from '../flow/project.ts'
import { loadDigest, type CodeContext } from '../notebook/code-version.ts'
import { endedProblem, within, type Timed } from './check-limit.ts'
import type { CheckScope } from './check-scope.ts'
import { ChildThrew } from './child.ts'
import { lookAtSteps, type CodeOf } from './code-facts.ts'
import { declareFlow, edgeDigests } from './declare.ts'
import type { Lender, Pool } from './pool.ts'
import { flowNameProblem } from './targets.ts'
import type { CodeSpace } from './workspace.ts'

/** What declaring needs. */
export interface DeclareParts {
  readonly space: CodeSpace
  readonly pools: { readonly get: () => Pool; readonly kill: () => Promise<void> }
  /** The look at the code. */
  readonly look: () => CodeContext
  /** Starts the processes that will be needed: something has changed. */
  readonly onChange?: () => void
  /** Milliseconds for one module. */
  readonly limit: number
}

/** A step that can be looked at further. */
export interface FoundStep {
  /** Left out for a notebook that stands alone. */
  readonly flow?: string
  readonly step: DeclaredStep
  /** Left out where the code could not be told. */
  readonly codeOf?: CodeOf
}

/** What the modules of a project declare, as far as that could be told. */
export interface Declarations {
  readonly problems: readonly Problem[]
  readonly flows: readonly DeclaredFlow[]
  readonly steps: readonly FoundStep[]
}

/** One module: a flow, or a notebook that stands alone. */
interface Attempt {
  readonly problems: readonly Problem[]
  readonly flow?: DeclaredFlow
  readonly faulty: ReadonlySet<string>
  readonly codeOf?: CodeOf
  /** Its process ended. */
  readonly ended: boolean
}

/**
 * Declares all flows of the scope, and the notebooks that are in none of them as they stand alone. What is wrong
 * with one module keeps no other from being looked at: a flow with mistakes gives the steps that are good, and
 * the notebooks of a flow that cannot be loaded are looked at alone.
 */
export async function declareAll(scope: CheckScope, parts: DeclareParts): Promise<Declarations> {
  const problems: Problem[] = []
  const flows: DeclaredFlow[] = []
  const steps: FoundStep[] = []
  const attempts: Attempt[] = []
  for (const each of scope.flows) {
    const attempt = await declareFlowFile(each, parts)
    attempts.push(attempt)
    if (attempt.flow) flows.push(attempt.flow)
    steps.push(...goodSteps(attempt, attempt.flow?.name))
  }
  const allLoaded = attempts.every(({ flow }) => flow !== undefined)
  const placed = new Set(steps.map(({ step }) => step.file))
  const inFlows = new Set(flows.flatMap((flow) => flow.steps.map(({ file }) => file)))
  let endedAlone = false
  for (const file of await scope.alone(parts.look, allLoaded)) {
    if (placed.has(file)) continue
    const attempt = await declareAlone(file, allLoaded && !inFlows.has(file), parts)
    endedAlone ||= attempt.ended
    problems.push(...attempt.problems)
    steps.push(...goodSteps(attempt))
  }
  // The notebook that ended the process of its flow was found by itself.
  for (const attempt of attempts) if (!attempt.ended || !endedAlone) problems.push(...attempt.problems)
  return { problems, flows, steps }
}

function goodSteps({ flow, faulty, codeOf }: Attempt, name?: string): FoundStep[] {
  const good = flow?.steps.filter((step) => !faulty.has(step.name)) ?? []
  return good.map((step) => ({ ...(name !== undefined && { flow: name }), step, ...(codeOf && { codeOf }) }))
}

async function declareFlowFile(file: FlowFile, parts: DeclareParts): Promise<Attempt> {
  const attempt = await declareFile(file.file, parts)
  const { flow, problems } = attempt
  if (!flow) return attempt
  const misnamed = flowNameProblem(flow, file)
  // With other mistakes, those of its tables were told with them.
  const tables = problems.length === 0 ? resolveFlow(flow).problems : []
  return { ...attempt, problems: [...problems, ...(misnamed ? [misnamed] : []), ...tables] }
}

/** @param told whether args that it needs and nobody gives are to be told: no flow places it, as far as is known */
async function declareAlone(file: string, told: boolean, parts: DeclareParts): Promise<Attempt> {
  const module = await parts.look().graph.load(file)
  const isNotebook = module?.info.isNotebook === true
  if (
    !isNotebook &&
    module?.info.exports['default'] === undefined &&
    !importsNotebook(module?.info.imports)
  ) {
    const { problems } = await loadDigest(file, parts.look())
    return { problems, faulty: new Set(), ended: false }
  }
  const attempt = await declareFile(file, parts)
  const isOther = (problem: Problem) =>
    !isNotebook && problem.code === 'notebook/no-export' && problem.where?.file === file
  const [step] = attempt.flow?.steps ?? []
  const needed = step?.argsSchema.filter(({ required }) => required).map(({ name }) => name) ?? []
  const problems = attempt.problems.filter(
    (problem) => !isOther(problem) && !(needed.length > 0 && problem.code === 'notebook/args-invalid'),
  )
  if (needed.length === 0 || !told || !step) return { ...attempt, problems }
  return { ...attempt, problems: [...problems, notChecked(step, needed)] }
}

/** A module under `notebooks/` that makes a notebook and does not export it is a mistake; others serve notebooks. */
function importsNotebook(
  imports: readonly { from: string; names: readonly { imported: string }[] }[] = [],
): boolean {
  return imports.some(
    ({ from, names }) => from === 'sluice' && names.some(({ imported }) => imported === 'notebook'),
  )
}

function notChecked({ file, where }: DeclaredStep, args: readonly string[]): Problem {
  const names = args.map((name) => `'${name}'`).join(', ')
  return {
    code: 'check/skipped',
    severity: 'warn',
    message: `the queries of notebook '${notebookName(file)}' are not checked: it is in no flow, and its ${args.length === 1 ? 'arg' : 'args'} ${names} must be given`,
    where: where ?? { file },
    hint: 'place it in a flow, or give the arg a default',
  }
}

async function declareFile(file: string, parts: DeclareParts): Promise<Attempt> {
  const { space, pools, look, limit, onChange } = parts
  try {
    const { flow, codeOf } = await within(limit, pools, (timed) =>
      declareFlow(space, file, {}, () => lender(pools.get(), timed), look, onChange),
    )
    return { problems: [], flow, codeOf, faulty: new Set(), ended: false }
  } catch (error) {
    const problems = problemsOf(error)
    if (problems) return declarePart(file, problems, parts)
    const problem = endedProblem(error, file, limit) ?? thrownProblem(error, file)
    if (!problem) throw error
    return { problems: [problem], faulty: new Set(), ended: true }
  }
}

/** Lends workers, and times what they do: what this process reads meanwhile does not count. */
function lender(pool: Pool, timed: Timed): Lender {
  return { withWorker: (use) => pool.withWorker((worker) => timed(() => use(worker))) }
}

/** What can be told of a flow in which something is wrong. */
async function declarePart(
  file: string,
  problems: readonly Problem[],
  { space, pools, look, limit }: DeclareParts,
): Promise<Attempt> {
  const none = { problems, faulty: new Set<string>(), ended: false }
  const ask = { projectRoot: space.root, file, overrides: {} }
  try {
    const described = await within(limit, pools, (timed) =>
      lender(pools.get(), timed).withWorker((worker) => worker.call('describe', ask)),
    )
    const flow = described.flow ?? described.partial?.flow
    if (!flow) return none
    const faulty = new Set(described.partial?.faulty)
    const edges = await edgeDigests(space, flow, pools.get, look()).catch(() => undefined)
    return { ...none, flow, faulty, ...(edges && { codeOf: lookAtSteps(space, edges, look()) }) }
  } catch {
    // What is wrong was told the first time.
    return none
  }
}

function thrownProblem(error: unknown, file: string): Problem | undefined {
  if (!(error instanceof ChildThrew)) return undefined
  return { code: 'notebook/load', message: `${file} cannot be read: ${error.message}`, where: { file } }
}
