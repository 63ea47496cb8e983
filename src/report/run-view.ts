import type {
  DataChecked,
  Notice,
  PartitionFinished,
  RunEvent,
  RunStarted,
  StepFinished,
  StepPrinted,
  StepStarted,
} from '../run/events.ts'

/** How many of the last lines that a step printed are shown again when it fails. */
const tailLines = 20

/** What is known of a run while it goes on: the fold of its events. */
export interface RunView {
  readonly started: RunStarted | undefined
  /** Steps that run now, in the order in which they started. */
  readonly running: ReadonlyMap<string, StepStarted>
  /** How far steps that work by partition are. */
  readonly progress: ReadonlyMap<string, PartitionFinished>
  readonly finished: readonly StepFinished[]
  /** The last lines that steps printed, by step, of those that run or have failed. */
  readonly printed: ReadonlyMap<string, readonly string[]>
  readonly notices: readonly Notice[]
  /** Data checks that did not pass. */
  readonly broken: readonly DataChecked[]
}

/** A view and the function that adds an event to it. */
export interface RunFold {
  readonly view: RunView
  add(event: RunEvent): void
}

/** Follows one run. */
export function followRun(): RunFold {
  let started: RunStarted | undefined
  const running = new Map<string, StepStarted>()
  const progress = new Map<string, PartitionFinished>()
  const finished: StepFinished[] = []
  const printed = new Map<string, readonly string[]>()
  const notices: Notice[] = []
  const broken: DataChecked[] = []
  const view: RunView = {
    get started() {
      return started
    },
    running,
    progress,
    finished,
    printed,
    notices,
    broken,
  }
  return {
    view,
    add(event) {
      if (event.event === 'run-started') started = event
      else if (event.event === 'step-started') running.set(event.step, event)
      else if (event.event === 'step-printed') printed.set(event.step, tail(printed.get(event.step), event))
      else if (event.event === 'partition-finished') progress.set(event.step, event)
      else if (event.event === 'notice') notices.push(event)
      else if (event.event === 'data-checked' && event.outcome !== 'passed') broken.push(event)
      else if (event.event === 'step-finished') {
        running.delete(event.step)
        finished.push(event)
        if (event.outcome !== 'failed') printed.delete(event.step)
      }
    },
  }
}

function tail(before: readonly string[] = [], event: StepPrinted): readonly string[] {
  return [...before, ...printedLines(event)].slice(-tailLines)
}

/** The lines of what a step printed, without the end of the last. */
export function printedLines(event: StepPrinted): string[] {
  return event.text.replace(/\r?\n$/, '').split(/\r?\n/)
}
