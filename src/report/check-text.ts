import type { CheckResult } from '../run/check-result.ts'
import { plural } from './amount.ts'
import type { Paint } from './paint.ts'
import { problemLines } from './problems-text.ts'
import { durationText } from './time.ts'

/** What a check found, as lines: Problems by file and line, and last how much was looked at. */
export function checkText(result: CheckResult, paint: Paint): string {
  const lines = result.problems.flatMap((problem) => problemLines(problem, paint))
  if (lines.length > 0) lines.push('')
  return `${[...lines, summary(result, paint)].join('\n')}\n`
}

/** `checked 14 steps of 3 flows, 41 queries: 0 problems, 2 warnings in 0.4s` */
function summary({ problems, steps, flows, queries, dryRuns, ms }: CheckResult, paint: Paint): string {
  const warnings = problems.filter(({ severity }) => severity === 'warn').length
  const errors = problems.length - warnings
  const alone = steps.filter(({ flow }) => flow === undefined).length
  const placed = `${plural(steps.length - alone, 'step')} of ${plural(flows, 'flow')}`
  const looked = [
    placed,
    ...(alone > 0 ? [`${plural(alone, 'notebook')} in no flow`] : []),
    plural(queries, 'query', 'queries'),
    ...(dryRuns === undefined ? [] : [`${plural(dryRuns, 'notebook')} run on empty inputs`]),
  ].join(', ')
  const found = errors > 0 ? paint.red(plural(errors, 'problem')) : plural(0, 'problem')
  const warned = warnings > 0 ? `, ${paint.yellow(plural(warnings, 'warning'))}` : ''
  return `checked ${looked}: ${found}${warned} in ${durationText(ms)}`
}
