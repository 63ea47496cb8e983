import type { Verdict } from '../freshness/verdict.ts'
import type { ReasonWord } from '../freshness/reason.ts'
import type { StepRecord } from '../lake/types.ts'
import type { Continued } from './asked.ts'

/** What makes a step stale each time, whatever was done before. */
const always: ReadonlySet<ReasonWord> = new Set(['forced', 'volatile', 'untracked'])

/**
 * The verdict on a step when a run is continued: what that run has finished is not run again because it was forced,
 * or runs each time. Whatever changed since counts as always.
 */
export function judgedAgain(
  verdict: Verdict,
  record: StepRecord | undefined,
  continued: Continued | undefined,
): Verdict {
  if (verdict.fresh || !continued || record?.run === undefined || !continued.runs.has(record.run))
    return verdict
  const reasons = verdict.reasons.filter(({ word }) => !always.has(word))
  return { fresh: reasons.length === 0, reasons }
}
