import { readEntry } from './log.ts'
import type { Log } from './log.ts'
import { corrupt } from './sealed.ts'
import { settled } from './settled.ts'
import type { LogEntry } from './types.ts'
import { layout } from '../storage/layout.ts'

export interface HistoryOptions {
  /** Only commits that set or removed this table. */
  readonly table?: string
  /** At most so many entries. */
  readonly limit?: number
  /** Only commits before this number: how to go on after a damaged one. */
  readonly before?: number
}

/** How many entries are read at once. */
const batch = 8

/** The commits from `last` down to the first, newest first. A missing or damaged entry is `storage/corrupt`. */
export async function* entriesDown(
  log: Log,
  last: number,
  options: HistoryOptions = {},
): AsyncGenerator<LogEntry> {
  const { table, limit = Infinity, before = Infinity } = options
  let left = limit
  let top = Math.min(last, before - 1)
  while (top > 0 && left > 0) {
    const count = Math.min(top, batch, table === undefined ? left : batch)
    // Settled one by one below, so that entries above a damaged one are given before it throws.
    const reads = Array.from({ length: count }, (_, i) => settled(existing(log, top - i)))
    for (const read of reads) {
      const entry = (await read)()
      if (table !== undefined && !Object.hasOwn(entry.heads, table)) continue
      yield entry
      if (--left <= 0) return
    }
    top -= count
  }
}

/** An entry that must exist, because a later one does. */
async function existing(log: Log, number: number): Promise<LogEntry> {
  const entry = await readEntry(log, number)
  if (entry !== undefined) return entry
  throw corrupt(
    layout.log(log.env, number),
    'it is missing, but later commits exist',
    'put it back from a backup',
  )
}
