import type { RunEvent } from '../run/events.ts'
import type { Paint } from './paint.ts'
import { runningLine } from './step-line.ts'
import type { LineStyle } from './step-line.ts'
import type { RunView } from './run-view.ts'
import { textReport } from './text.ts'
import type { Report } from './text.ts'
import { durationText } from './time.ts'
import { cutEnd } from './width.ts'

/** What live rows need of a terminal; `process.stdout` is one. */
export interface Terminal {
  readonly columns?: number
  readonly rows?: number
  write(text: string): boolean
}

export interface LiveReportOptions {
  readonly terminal: Terminal & NodeJS.WriteStream
  readonly paint: Paint
  readonly quiet?: boolean
}

export interface LiveReport extends Report {
  /** Takes the live rows away; finished lines stay. */
  close(): void
}

const frames = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'
const interval = 100

/** The rows below the finished lines: the steps that run, and how far the run is. */
export function liveRows(view: RunView, now: Date, rows: number, style: LineStyle): string[] {
  const { started } = view
  if (!started || view.running.size === 0) return []
  const frame = frames.charAt(Math.floor(now.getTime() / interval) % frames.length)
  const room = Math.max(1, rows - 2)
  const lines = [...view.running.values()]
    .slice(0, room)
    .map((step) => runningLine(step, now, frame, style, view.progress.get(step.step)))
  const elapsed = durationText(Math.max(0, now.getTime() - new Date(started.at).getTime()))
  const state = `${view.running.size} running, ${view.finished.length} of ${started.steps.length} done, ${elapsed}`
  return [...lines, style.paint.dim(cutEnd(state, style.width))]
}

/**
 * Tells a run on a terminal: finished lines that stay, live rows below them. What draws the rows is loaded
 * when the first step starts, so a run with nothing to do does not pay for it.
 */
export function liveReport({ terminal, paint, quiet = false }: LiveReportOptions): LiveReport {
  // A line of exactly the width makes some terminals wrap.
  const width = () => Math.max(10, (terminal.columns ?? 80) - 1)
  let drawn: { draw: (text: string) => void; clear: () => void; done: () => void } | undefined
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const line = (text: string): void => {
    drawn?.clear()
    terminal.write(`${text}\n`)
  }
  const text = textReport({ line, paint, form: 'terminal', width, quiet })
  const draw = (): void =>
    drawn?.draw(liveRows(text.view(), new Date(), terminal.rows ?? 24, text.style()).join('\n'))

  async function open(): Promise<void> {
    const { createLogUpdate } = await import('log-update')
    if (closed) return
    const update = createLogUpdate(terminal)
    drawn = { draw: update, clear: () => update.clear(), done: () => update.done() }
    draw()
    timer = setInterval(draw, interval)
    timer.unref()
  }
  let opening: Promise<void> | undefined

  return {
    event(event: RunEvent) {
      text.event(event)
      if (event.event === 'step-started') opening ??= open()
      if (event.event === 'run-finished') drawn?.clear()
      else draw()
    },
    close() {
      closed = true
      clearInterval(timer)
      drawn?.clear()
      drawn?.done()
    },
  }
}
