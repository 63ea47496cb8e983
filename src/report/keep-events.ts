import type { RunEvent, StepPrinted } from '../run/events.ts'
import { plural } from './amount.ts'

/** How much of what a step printed is kept for reports, in UTF-16 code units: the end of it. */
const mostPrinted = 1_000_000

/** Events that are kept until a run has ended. */
export interface KeptEvents {
  readonly add: (event: RunEvent) => void
  /** In order; for a step that printed too much, one that says how much is left out stands for the first ones. */
  all(): RunEvent[]
}

interface Kept {
  event: RunEvent | undefined
}

interface Printed {
  kept: Kept[]
  first: StepPrinted
  size: number
  dropped: number
}

/** Keeps the events of a run for reports, and of what each step prints at most the last million characters. */
export function keepEvents(most = mostPrinted): KeptEvents {
  const kept: Kept[] = []
  const printed = new Map<string, Printed>()
  return {
    add(event) {
      const entry: Kept = { event }
      kept.push(entry)
      if (event.event === 'step-printed') {
        const of = printed.get(event.step) ?? { kept: [], first: event, size: 0, dropped: 0 }
        printed.set(event.step, of)
        of.kept.push(entry)
        of.size += event.text.length
        if (of.size > most) dropOldest(of, most)
      }
    },
    all: () => kept.flatMap((entry) => entry.event ?? []),
  }
}

/** Drops to half of what is allowed, so that dropping is rare, and leaves one event that says so. */
function dropOldest(of: Printed, most: number): void {
  let at = 0
  for (; of.size > most / 2 && at < of.kept.length - 1; at++) {
    const entry = of.kept[at]
    if (entry?.event?.event !== 'step-printed') continue
    const { length } = entry.event.text
    of.size -= length
    of.dropped += at === 0 && of.dropped > 0 ? 0 : length
    entry.event = undefined
  }
  const gone = of.kept[at - 1]
  if (gone === undefined) return
  const text = `... ${plural(of.dropped, 'character')} before this are left out ...\n`
  gone.event = { ...of.first, text }
  of.size += text.length
  of.kept.splice(0, at - 1)
}
