import { isatty } from 'node:tty'
import { colourWanted, paintOf } from '../report/paint.ts'
import type { Paint } from '../report/paint.ts'
import { safeText } from '../report/safe-text.ts'

/** 0 good, 1 a step or a contract failed, 2 invalid project or usage, 130 cancelled. */
export type ExitCode = 0 | 1 | 2 | 130

/** One of the two streams that a command writes to. */
export interface Output {
  /** Text for people: nothing in it is obeyed by a terminal, or by the runner of a workflow. */
  write(text: string): void
  /** Text for programs, as it is: JSON, CSV, reports. */
  data(text: string): void
  readonly paint: Paint
  readonly isTerminal: boolean
  /** Columns of the terminal; Infinity for files and pipes. */
  readonly width: number
  readonly stream: NodeJS.WriteStream
}

/** What a command may use of the process around it. */
export interface Cli {
  readonly out: Output
  readonly err: Output
  /** Aborted by Ctrl-C, SIGTERM or SIGHUP; a second one ends the process at once. A command that asks for it stops by itself; any other ends at once. */
  signal(): AbortSignal
  /** What the process ends with when the command returns; 0 when nothing is said. */
  exit(code: ExitCode): void
}

/** How long a command may clean up after Ctrl-C, in milliseconds. */
const patience = 6000

/** The command line of this process, and what it will exit with. */
export function processCli(): Cli & { code(): ExitCode } {
  const stop = new AbortController()
  let code: ExitCode = 0
  let asked = false
  const cancel = (): void => {
    // All processes of ours end with this one.
    if (!asked || stop.signal.aborted) process.exit(130)
    stop.abort()
    // What does not come to an end by itself is ended. It is as safe as a crash.
    setTimeout(() => process.exit(130), patience).unref()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, cancel)
  // `sluice log | head`: the reader has gone. What computes goes on, what only prints is done.
  const gone = (): void => {
    if (!asked) process.exit(0)
  }
  return {
    out: outputOf(process.stdout, 1, gone),
    err: outputOf(process.stderr, 2, gone),
    signal() {
      asked = true
      return stop.signal
    },
    exit: (next) => void (code = next),
    code: () => code,
  }
}

function outputOf(stream: NodeJS.WriteStream, fd: 1 | 2, gone: () => void): Output {
  const isTerminal = isatty(fd)
  const inWorkflow = process.env['GITHUB_ACTIONS'] === 'true'
  let open = true
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    open = false
    gone()
  })
  return {
    write: (text) => void (open && stream.write(safeText(text, inWorkflow))),
    data: (text) => void (open && stream.write(text)),
    paint: paintOf(colourWanted(process.env, isTerminal)),
    isTerminal,
    get width() {
      return isTerminal ? (stream.columns ?? 80) : Infinity
    },
    stream,
  }
}
