import type { ResolvedFlow } from '../flow/resolve.ts'
import { lookAtStep, type StepFindings, type Surroundings } from '../freshness/findings.ts'
import type { Reason } from '../freshness/reason.ts'
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

/**
 * Looks at steps against one state, upstream first. A step with something stale upstream may run: whether it
 * does is known when what is upstream is done.
 *
 * @param continued a run whose steps are not run again
 */
export async function survey(
  around: Surroundings,
  flow: ResolvedFlow,
  selected: ReadonlySet<string>,
  state: EnvState,
  forced: ReadonlySet<string>,
  continued?: Continued,
): Promise<Map<string, SurveyedStep>> {
  const surveyed = new Map<string, SurveyedStep>()
  for (const step of flow.steps) {
    if (!selected.has(step.name)) continue
    const record = state.steps.get(stepKey(step, flow.flow.name))
    const findings = await lookAtStep(around, step, state, {
      forced: forced.has(step.name),
      ...(record && { record }),
    })
    const { fresh, held, reasons } = judgedAgain(judge(findings, record, state), record, continued)
    const stale = step.upstream.filter((name) => (surveyed.get(name)?.verdict ?? 'fresh') !== 'fresh')
    const above = held ? [] : stale.map((name): Reason => ({ word: 'upstream-stale', subject: name }))
    const verdict = !fresh ? 'stale' : above.length > 0 ? 'may-run' : 'fresh'
    surveyed.set(step.name, { findings, verdict, reasons: [...reasons, ...above] })
  }
  return surveyed
}
