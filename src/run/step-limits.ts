import { parseDuration } from '../base/duration.ts'
import type { DeclaredStep } from '../flow/declared.ts'

/** The time limit of a step in milliseconds: its own, else the project's, else none. */
export function stepLimits(
  step: DeclaredStep,
  projectTimeout: number | undefined,
): { timeout: number | undefined } {
  const own = step.limits.timeout === undefined ? undefined : parseDuration(step.limits.timeout)
  return { timeout: own ?? projectTimeout }
}
