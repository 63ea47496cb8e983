import { unlessProblem } from '../base/problem.ts'
import { lookAtStep, type StepFindings } from '../freshness/findings.ts'
import type { RunScope } from './scope.ts'

/** The code of a notebook changed while it ran: declarations and workers are of what was. */
export class CodeChanged extends Error {
  override readonly name = 'CodeChanged'
}

/** Sources or code that changed during the computation: the result is of neither what was nor what is. */
export async function changedMeanwhile(scope: RunScope, findings: StepFindings): Promise<boolean> {
  const again = { ...scope.around, codeOf: scope.lookAgain() }
  const now = await lookAtStep(again, findings.step, findings.state)
  if (now.parts['code'] !== findings.parts['code']) throw new CodeChanged('the code changed during the run')
  return now.fingerprint !== findings.fingerprint || statsOf(now) !== statsOf(findings)
}

/**
 * Does work that reads sources. Undefined when it failed and files of them are others than those that were looked at:
 * another run may have moved them to their archive, so that the step is to be judged anew.
 */
export async function unlessMoved<T>(
  scope: RunScope,
  findings: StepFindings,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (findings.sources.size === 0 || scope.signal.aborted || error instanceof CodeChanged) throw error
    // What cannot be looked at is not the answer to what went wrong.
    const now = await unlessProblem(() => lookAtStep(scope.around, findings.step, findings.state))
    if (now === undefined || statsOf(now) === statsOf(findings)) throw error
    return undefined
  }
}

function statsOf({ sources }: StepFindings): string {
  return [...sources.values()].flatMap(({ stats }) => stats).join()
}
