import { orderProblems, placeText } from '../base/problem.ts'
import type { Place, Problem } from '../base/problem.ts'
import { problemCount } from './amount.ts'
import type { Paint } from './paint.ts'
import { plainPaint } from './paint.ts'
import { oneLine } from './width.ts'

/**
 * A Problem as lines: `file:line:column: message [code]` as editors link it, then what is related and the
 * hint, indented.
 */
export function problemLines(problem: Problem, paint: Paint = plainPaint): string[] {
  const related = (problem.related ?? []).map(
    ({ message, where }) => `  see ${at(where, paint)}${inLines(message)}`,
  )
  const warning = problem.severity === 'warn' ? `${paint.yellow('warning:')} ` : ''
  return [
    `${at(problem.where, paint)}${warning}${inLines(problem.message)} ${paint.dim(`[${problem.code}]`)}`,
    ...related,
    ...(problem.hint === undefined ? [] : [`  ${paint.cyan('hint:')} ${inLines(problem.hint)}`]),
  ]
}

/** All Problems by file and line, with their number below when there are several. */
export function problemsText(problems: readonly Problem[], paint: Paint = plainPaint): string {
  const lines = orderProblems(problems).flatMap((problem) => problemLines(problem, paint))
  if (problems.length > 1) {
    const wrong = problems.some(({ severity }) => severity !== 'warn')
    lines.push('', (wrong ? paint.red : paint.yellow)(problemCount(problems)))
  }
  return `${lines.join('\n')}\n`
}

/** Messages quote data and what user code threw: further lines are indented, and no terminal obeys them. */
function inLines(message: string): string {
  return message.trimEnd().split(/\r?\n/).map(oneLine).join('\n  ')
}

function at(where: Place | undefined, paint: Paint): string {
  return where === undefined ? '' : `${paint.bold(placeText(where))}: `
}
