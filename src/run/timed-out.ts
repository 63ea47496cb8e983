import { ProblemError } from '../base/problem.ts'
import type { DeclaredStep } from '../flow/declared.ts'

/** Says that a step took longer than its limit, in milliseconds. */
export function timedOut(step: DeclaredStep, ms: number | undefined): ProblemError {
  return new ProblemError({
    code: 'step/timeout',
    message: `step '${step.name}' took longer than its time limit of ${(ms ?? 0) / 1000} s`,
    where: { file: step.file },
    hint: `raise \`timeout\` of the ${step.kind === 'deliver' ? 'delivery' : 'notebook or of the step'}, if it should take so long`,
  })
}
