import type { EventStream } from './event-stream.ts'
import type { Outcome, StepFinished } from './events.ts'

export type Ending = Partial<Omit<StepFinished, 'at' | 'run' | 'event' | 'step' | 'notebook'>> & {
  readonly outcome: Outcome
}

/** How the steps of a flow ended. Each end is told once. */
export interface Endings {
  end(step: { readonly name: string; readonly notebook: string }, ending: Ending): void
  has(step: string): boolean
  outcome(step: string): Outcome | undefined
  blockedBy(step: string): readonly string[] | undefined
  list(): StepFinished[]
}

export function endings(events: EventStream): Endings {
  const ended = new Map<string, StepFinished>()
  return {
    end({ name, notebook }, ending) {
      const rest = { reasons: [], tables: [], ms: 0, problems: [], ...ending }
      ended.set(name, events.emit({ event: 'step-finished', step: name, notebook, ...rest }) as StepFinished)
    },
    has: (step) => ended.has(step),
    outcome: (step) => ended.get(step)?.outcome,
    blockedBy: (step) => ended.get(step)?.blockedBy,
    list: () => [...ended.values()],
  }
}

/** The steps that failed first, upstream of one that cannot run; none where they were only cancelled. */
export function rootsOfBlock(upstream: readonly string[], ended: Endings): string[] {
  const roots = upstream.flatMap((name) => {
    const outcome = ended.outcome(name)
    return outcome === 'failed' ? [name] : outcome === 'blocked' ? (ended.blockedBy(name) ?? []) : []
  })
  return [...new Set(roots)]
}

/** Whether what is downstream of such a step cannot run. */
export function isBad(outcome: Outcome | undefined): boolean {
  return outcome === 'failed' || outcome === 'blocked' || outcome === 'cancelled'
}
