import { partitionProgress } from './planned-partitions.ts'
import type { PartitionFinished, StepFinished, StepRetried, StepStarted } from '../run/events.ts'
import { plural } from './amount.ts'
import { marks, paintOutcome } from './paint.ts'
import type { Paint } from './paint.ts'
import { incrementalText } from './incremental-text.ts'
import { reasonText, reasonsText } from './reason-text.ts'
import { durationText } from './time.ts'
import { cutEnd, cutMiddle, oneLine, pad, widthOf } from './width.ts'

/** How lines about steps are laid out. */
export interface LineStyle {
  readonly paint: Paint
  /** Columns of the terminal; Infinity for files and pipes, where nothing is cut. */
  readonly width: number
  /** Columns for names of steps. */
  readonly names: number
}

const timeWidth = 7

/** Columns for names: as many as the longest needs, and at most 40 or two fifths of the terminal. */
export function nameColumns(steps: readonly string[], width: number): number {
  const longest = steps.reduce((most, step) => Math.max(most, widthOf(step)), 0)
  return Math.min(longest, 40, Math.max(8, Math.floor(width * 0.4)))
}

/** A step that ended, on a terminal: `✓ clean_trips  2.3s  1,234 rows  code-changed ...`. */
export function finishedLine(step: StepFinished, style: LineStyle): string {
  const { paint } = style
  const mark = paintOutcome(paint, step.outcome, marks[step.outcome])
  const rest = [step.outcome === 'ran' ? '' : step.outcome, ...facts(step)].filter((part) => part !== '')
  return `${mark} ${nameAndRest(step.step, timeOf(step), rest, style)}`
}

/** A step that runs: `⠋ clean_trips  2.3s  code-changed ...`. */
export function runningLine(
  step: StepStarted,
  now: Date,
  frame: string,
  style: LineStyle,
  progress?: PartitionFinished,
): string {
  const elapsed = durationText(Math.max(0, now.getTime() - new Date(step.at).getTime()))
  const far = progress ? partitionProgress(progress) : ''
  const rest = [far, attemptText(step.attempt), reasonsText(step.reasons)].filter((part) => part !== '')
  return `${style.paint.cyan(frame)} ${nameAndRest(step.step, elapsed, rest, style)}`
}

/** A step that starts, for files and pipes: `start    clean_trips  code-changed ...`. */
export function plainStartLine(step: StepStarted, style: LineStyle): string {
  const rest = [attemptText(step.attempt), reasonsText(step.reasons)].filter((part) => part !== '')
  return [pad('start', wordWidth), pad(step.step, style.names), ...rest].join('  ').trimEnd()
}

/** A step that ended, for files and pipes: `ran      clean_trips  2.3s  1,234 rows`. */
export function plainFinishedLine(step: StepFinished, style: LineStyle): string {
  const word = paintOutcome(style.paint, step.outcome, pad(step.outcome, wordWidth))
  const time = timeOf(step)
  // Why it ran stands in the line of its start.
  const rest = step.outcome === 'ran' ? [rowsOf(step), changesOf(step)] : facts(step)
  return [word, pad(step.step, style.names), ...[time, ...rest].filter((part) => part !== '')]
    .join('  ')
    .trimEnd()
}

/** A try that failed and is followed by another: `retry    load  try 1 of 4 failed: ...; the next in 1.2s`. */
export function retriedLine(event: StepRetried, { paint, width, names }: LineStyle): string {
  const { step, attempt, of, pause, problems } = event
  const why = oneLine(problems[0]?.message ?? '').replace(`step '${step}': `, '')
  const text = `try ${attempt} of ${of} failed, the next in ${durationText(pause)}: ${why}`
  const line = `${pad('retry', wordWidth)}  ${pad(cutMiddle(oneLine(step), names), names)}  ${text}`
  return paint.yellow(width === Infinity ? line : cutEnd(line, width))
}

const wordWidth = 'cancelled'.length

function nameAndRest(name: string, time: string, rest: readonly string[], style: LineStyle): string {
  const { names, width, paint } = style
  const room = width - 2 - names - 1 - timeWidth
  const shown = pad(cutMiddle(oneLine(name), names), names)
  // Below a dozen columns a reason is only noise.
  const text = room < 12 ? '' : `  ${cutEnd(rest.join('  '), room - 2)}`
  return `${shown} ${paint.dim(pad(time, timeWidth, 'left'))}${text}`.trimEnd()
}

function timeOf(step: StepFinished): string {
  // A step that was cancelled before it began took no time.
  const began = step.outcome !== 'blocked' && step.outcome !== 'fresh' && step.ms > 0
  return began ? durationText(step.ms) : ''
}

/** What is worth a word of a step that ended. */
function facts(step: StepFinished): string[] {
  switch (step.outcome) {
    case 'ran':
    case 'reused':
      return [rowsOf(step), changesOf(step), reasonsText(step.reasons)]
    case 'fresh':
      return [reasonsText(step.reasons)]
    case 'failed':
      return [oneLine(step.problems[0]?.message ?? '')]
    case 'blocked':
      return [
        step.blockedBy?.length ? `by ${step.blockedBy.join(', ')}` : step.reasons.map(reasonText).join('; '),
      ]
    case 'cancelled':
      return []
  }
}

/** How an incremental step was computed. */
function changesOf({ incremental }: StepFinished): string {
  return incremental ? incrementalText(incremental) : ''
}

function rowsOf(step: StepFinished): string {
  if (step.delivered) return `${plural(step.delivered.rows, 'row')} to ${step.delivered.target}`
  if (step.tables.length === 0) return ''
  const rows = step.tables.reduce((sum, table) => sum + table.rows, 0)
  const many = step.tables.length > 1 ? ` in ${step.tables.length} tables` : ''
  const same = step.tables.every(({ unchanged }) => unchanged) ? ', the same as before' : ''
  return plural(rows, 'row') + many + same
}

function attemptText(attempt: number): string {
  return attempt > 1 ? `try ${attempt}` : ''
}
