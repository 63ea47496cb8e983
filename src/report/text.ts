import { placeText } from '../base/problem.ts'
import type {
  Notice,
  PartitionsPlanned,
  PluginFailed,
  RunEvent,
  RunFinished,
  RunStarted,
  StepFinished,
  StepPrinted,
} from '../run/events.ts'
import { plural } from './amount.ts'
import { checkLines } from './check-line.ts'
import { sourceLines } from './source-line.ts'
import { plainPaint } from './paint.ts'
import type { Paint } from './paint.ts'
import { followRun, printedLines } from './run-view.ts'
import { partitionsLine } from './planned-partitions.ts'
import type { RunFold, RunView } from './run-view.ts'
import { finishedLine, nameColumns, plainFinishedLine, plainStartLine, retriedLine } from './step-line.ts'
import type { LineStyle } from './step-line.ts'
import { idleLines, summaryLines, wasIdle } from './summary.ts'
import { oneLine } from './width.ts'

export interface TextReportOptions {
  /** Takes one line, without its end. */
  readonly line: (text: string) => void
  readonly paint?: Paint
  /**
   * `lines` for files, pipes and CI: a line when a step starts and one when it ends. `terminal`: marks, cut to
   * the width, and no line for a start, which the live rows show.
   */
  readonly form?: 'lines' | 'terminal'
  /** Columns of the terminal, asked anew for each line: people resize. */
  readonly width?: () => number
  /** Leaves out what steps print; failed steps show their last lines all the same. */
  readonly quiet?: boolean
}

/** A reader of a run's events. */
export interface Report {
  event(event: RunEvent): void
}

/** A report, and what it knows of the run, for rows below it. */
export interface TextReport extends Report {
  readonly view: () => RunView
  readonly style: () => LineStyle
}

/** Tells a run as lines of text, none of which is changed later. Several runs may follow each other. */
export function textReport(options: TextReportOptions): TextReport {
  const { line, paint = plainPaint, form = 'lines', width = () => Infinity, quiet = false } = options
  let fold: RunFold = followRun()
  let headed = false

  const style = (): LineStyle => {
    const columns = width()
    return { paint, width: columns, names: nameColumns(fold.view.started?.steps ?? [], columns) }
  }
  const head = (): void => {
    if (headed || fold.view.started === undefined) return
    headed = true
    line(headLine(fold.view.started, paint))
  }
  const say = (text: string): void => {
    head()
    line(text)
  }

  function planned(event: PartitionsPlanned): void {
    if (event.stale + event.removed > 0) say(`${paint.dim(`  ${event.step} |`)} ${partitionsLine(event)}`)
  }

  function ended(event: StepFinished): void {
    // Steps that are simply fresh are counted at the end; what was accepted is news.
    if (event.outcome === 'fresh' && event.reasons.length === 0) return
    say(form === 'terminal' ? finishedLine(event, style()) : plainFinishedLine(event, style()))
  }

  function finished(event: RunFinished): void {
    if (wasIdle(fold.view, event)) return idleLines(fold.view, event, width()).forEach(line)
    for (const text of summaryLines(fold.view, event, { paint, width: width() })) say(text)
  }

  return {
    view: () => fold.view,
    style,
    event(event) {
      if (event.event === 'run-started') {
        fold = followRun()
        headed = false
      }
      fold.add(event)
      if (event.event === 'step-started') {
        if (form === 'lines') say(plainStartLine(event, style()))
      } else if (event.event === 'step-printed') {
        if (!quiet) for (const text of printedAs(event, paint)) say(text)
      } else if (event.event === 'partitions-planned') planned(event)
      else if (event.event === 'step-retried') say(retriedLine(event, style()))
      else if (event.event === 'data-checked') {
        for (const text of checkLines(event, paint)) say(text)
      } else if (event.event === 'source-read') {
        for (const text of sourceLines(event, paint)) say(text)
      } else if (event.event === 'notice') line(noticeLine(event, paint))
      else if (event.event === 'plugin-failed') line(pluginLine(event, paint))
      else if (event.event === 'step-finished') ended(event)
      else if (event.event === 'run-finished') finished(event)
    },
  }
}

function headLine({ flow, env, steps, storage }: RunStarted, paint: Paint): string {
  return `${paint.bold(flow)} on ${env}: ${plural(steps.length, 'step')}, tables in ${storage}`
}

function printedAs(event: StepPrinted, paint: Paint): string[] {
  const level = event.level === 'warn' || event.level === 'error' ? `${event.level}: ` : ''
  return printedLines(event).map((text) => `${paint.dim(`  ${event.step} |`)} ${level}${oneLine(text)}`)
}

function noticeLine({ level, step, message }: Notice, paint: Paint): string {
  const word = level === 'warn' ? paint.yellow('warning:') : paint.cyan('note:')
  return `${word} ${step === undefined ? '' : `${step}: `}${message}`
}

function pluginLine({ plugin, problem }: PluginFailed, paint: Paint): string {
  const place = problem.where === undefined ? '' : `${placeText(problem.where)}: `
  return `${paint.yellow('warning:')} plugin ${plugin}: ${place}${problem.message} ${paint.dim(`[${problem.code}]`)}`
}
