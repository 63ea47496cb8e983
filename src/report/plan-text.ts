import type { Plan, PlannedStep } from '../run/options.ts'
import { plural } from './amount.ts'
import { incrementalText } from './incremental-text.ts'
import type { Paint } from './paint.ts'
import { plainPaint } from './paint.ts'
import { plannedPartitionLines } from './planned-partitions.ts'
import { problemLines } from './problems-text.ts'
import { reasonsText } from './reason-text.ts'
import { cutEnd, cutMiddle, pad, widthOf } from './width.ts'

export interface ViewOptions {
  /** Columns of the terminal; unlimited when left out. */
  readonly width?: number
  readonly paint?: Paint
}

/** What a run would do: one line for each step, with why. */
export function planText(plan: Plan, options: ViewOptions = {}): string {
  const { width = Infinity, paint = plainPaint } = options
  const names = Math.min(
    Math.max(0, ...plan.steps.map(({ step }) => widthOf(step))),
    Math.max(8, Math.floor(width * 0.4)),
  )
  const line = (step: PlannedStep) => {
    const rest = cutEnd(reasonsText(step.reasons), width - names - 11)
    const text = `${pad(cutMiddle(step.step, names), names)}  ${rest}`.trimEnd()
    const parts = plannedPartitionLines(step.partitions ?? []).map((part) =>
      cutEnd(`         ${part}`, width),
    )
    const head = `${verdict(step.verdict, paint)}  ${step.verdict === 'fresh' ? paint.dim(text) : text}`
    if (step.rebuild !== undefined)
      parts.unshift(cutEnd(`         ${incrementalText({ byChanges: [], full: step.rebuild })}`, width))
    return [head, ...parts.map((part) => paint.dim(part))].join('\n')
  }
  const problems = plan.problems.flatMap((problem) => problemLines(problem, paint))
  const head = `${plan.flow} on ${plan.env}: ${verdictCounts(plan.steps)}`
  return `${[head, ...plan.steps.map(line), ...problems].join('\n')}\n`
}

function verdict(word: PlannedStep['verdict'], paint: Paint): string {
  const text = pad(word, 7)
  if (word === 'fresh') return paint.dim(text)
  return word === 'stale' ? paint.yellow(text) : paint.cyan(text)
}

function verdictCounts(steps: readonly PlannedStep[]): string {
  const count = (word: PlannedStep['verdict']) => steps.filter(({ verdict: said }) => said === word).length
  const [stale, maybe, fresh] = [count('stale'), count('may-run'), count('fresh')]
  if (steps.length === 0) return 'no steps'
  if (stale + maybe === 0) return `nothing to do, ${plural(fresh, 'step')} fresh`
  const may = maybe === 0 ? '' : `, ${maybe} may run`
  return `${plural(stale, 'step')} would run${may}, ${fresh} fresh`
}
