import { ProblemError } from '../base/problem.ts'
import type { DeclaredStep } from '../flow/declared.ts'

/** Says that a step reads a table that its environment does not have. */
export function noVersion(step: DeclaredStep, table: string, env: string): ProblemError {
  return new ProblemError({
    code: 'flow/table-unknown',
    message: `step '${step.name}': input table '${table}' has no version in environment '${env}'`,
    ...(step.where && { where: step.where }),
    hint:
      step.kind === 'deliver'
        ? 'run the step that writes it'
        : 'run the step that writes it, or read it with .optional() if it may be absent',
  })
}
