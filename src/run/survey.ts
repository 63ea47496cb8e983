import { ProblemError } from '../base/problem.ts'
import type { DeclaredSource } from '../contract/spec.ts'
import type { DeclaredStep } from '../flow/declared.ts'
import type { ResolvedFlow } from '../flow/resolve.ts'
import { lookAtStep, type StepFindings, type Surroundings } from '../freshness/findings.ts'
import type { Reason } from '../freshness/reason.ts'
import { isElsewhere } from '../freshness/source-files.ts'
import { stepKey } from '../freshness/step-key.ts'
import { judge } from '../freshness/verdict.ts'
import type { EnvState } from '../lake/types.ts'
import { judgedAgain } from './continued.ts'
import type { Continued } from './asked.ts'

/** What is known of a step before anything runs. */
export interface SurveyedStep {
  readonly findings: StepFindings
  readonly verdict: 'fresh' | 'stale' | 'may-run'
  readonly reasons: readonly Reason[]
}

/** The same in a run, where a step may have sources that cannot be asked now. */
export type JudgedStep = Pick<SurveyedStep, 'verdict' | 'reasons'> & {
  readonly findings?: StepFindings
  /** Why its source could not be asked. */
  readonly unseen?: ProblemError
}

/** What is looked at. */
export interface Surveying {
  readonly around: Surroundings
  readonly flow: ResolvedFlow
  readonly selected: ReadonlySet<string>
  readonly state: EnvState
  readonly forced: ReadonlySet<string>
  /** A run whose steps are not run again. */
  readonly continued?: Continued | undefined
}

/**
 * Looks at steps against one state, upstream first. A step with something stale upstream may run: whether it
 * does is known when what is upstream is done.
 */
export async function survey(
  around: Surroundings,
  flow: ResolvedFlow,
  selected: ReadonlySet<string>,
  state: EnvState,
  forced: ReadonlySet<string>,
): Promise<Map<string, SurveyedStep>> {
  const surveyed = new Map<string, SurveyedStep>()
  for await (const [name, { findings, ...seen }] of judged(
    { around, flow, selected, state, forced },
    lookAtStep,
  ))
    if (findings) surveyed.set(name, { ...seen, findings })
  return surveyed
}

/**
 * The same for a run: a step whose database or server cannot be asked is stale, and fails when its turn comes; others
 * go on.
 */
export async function surveyToRun(surveying: Surveying): Promise<Map<string, JudgedStep>> {
  const surveyed = new Map<string, JudgedStep>()
  const look: Look = async (around, step, state, options) => {
    try {
      return await lookAtStep(around, step, state, options)
    } catch (error) {
      if (!(error instanceof ProblemError) || !asksElsewhere(step)) throw error
      return error
    }
  }
  for await (const [name, seen] of judged(surveying, look)) surveyed.set(name, seen)
  return surveyed
}

type Look = (...call: Parameters<typeof lookAtStep>) => Promise<StepFindings | ProblemError>

async function* judged(
  { around, flow, selected, state, forced, continued }: Surveying,
  look: Look,
): AsyncGenerator<readonly [string, JudgedStep]> {
  const stale = new Set<string>()
  for (const step of flow.steps) {
    if (!selected.has(step.name)) continue
    const record = state.steps.get(stepKey(step, flow.flow.name))
    const found = await look(around, step, state, {
      forced: forced.has(step.name),
      ...(record && { record }),
    })
    const unseen = found instanceof ProblemError
    const { fresh, held, reasons } = unseen
      ? { fresh: false, held: false, reasons: [] }
      : judgedAgain(judge(found, record, state), record, continued)
    const above = held ? [] : step.upstream.filter((name) => stale.has(name))
    const causes = above.map((name): Reason => ({ word: 'upstream-stale', subject: name }))
    const verdict = !fresh ? 'stale' : causes.length > 0 ? 'may-run' : 'fresh'
    if (verdict !== 'fresh') stale.add(step.name)
    yield [
      step.name,
      { ...(unseen ? { unseen: found } : { findings: found }), verdict, reasons: [...reasons, ...causes] },
    ]
  }
}

function asksElsewhere(step: DeclaredStep): boolean {
  return step.inputs.some(({ kind, origin }) => kind === 'source' && isElsewhere(origin as DeclaredSource))
}
