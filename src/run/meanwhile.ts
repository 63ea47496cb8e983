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
  const statsOf = ({ sources }: StepFindings) => [...sources.values()].flatMap(({ stats }) => stats).join()
  return now.fingerprint !== findings.fingerprint || statsOf(now) !== statsOf(findings)
}
