import { emptyRecord } from '../base/record.ts'
import type { Environment } from './environment.ts'
import type { DeltaCursor } from './delta-cursor.ts'
import type { Head, LogEntry } from './types.ts'

/** A commit gave a table another version, or removed it. */
export interface TableMoment {
  readonly table: string
  /** The number in the Delta log: the `seq` of the version, and one more for each removal before. */
  readonly number: number
  readonly commit: number
  readonly at: string
  readonly before?: Head
  /** Undefined when it was removed. */
  readonly head?: Head
}

/** What some commits did to tables, in their order, and where the next ones go on. */
export interface Moments {
  readonly moments: readonly TableMoment[]
  readonly cursor: DeltaCursor
}

/** How many entries are read at once. */
const batch = 16

/**
 * What happened to tables in the commits of an environment after a cursor, or since the first commit, in parts.
 * It reads entries and, for a cursor, the state there; throws `storage/corrupt` for those that are damaged.
 */
export async function* momentsAfter(
  env: Environment,
  start: DeltaCursor | undefined,
): AsyncGenerator<Moments> {
  const last = (await env.state()).commit
  let cursor: DeltaCursor = start ?? { format: 1, commit: 0, id: '', drops: {} }
  const heads = new Map(cursor.commit === 0 ? [] : (await env.state(cursor.commit)).heads)
  while (cursor.commit < last) {
    const count = Math.min(batch, last - cursor.commit)
    const from = cursor.commit + 1
    const entries = await Promise.all(Array.from({ length: count }, (_, i) => env.entry(from + i)))
    const drops = Object.assign(emptyRecord<number>(), cursor.drops)
    const moments = entries.flatMap((entry) => momentsIn(entry, heads, drops))
    const end = entries.at(-1)
    cursor = { format: 1, commit: from + count - 1, id: end?.id ?? '', drops }
    yield { moments, cursor }
  }
}

function momentsIn(entry: LogEntry, heads: Map<string, Head>, drops: Record<string, number>): TableMoment[] {
  const { number: commit, at } = entry
  const moments: TableMoment[] = []
  for (const [table, head] of Object.entries(entry.heads)) {
    const before = heads.get(table)
    const gone = drops[table] ?? 0
    if (head !== null) {
      heads.set(table, head)
      if (head.version === before?.version) continue
      moments.push({ table, number: head.seq + gone, commit, at, head, ...(before && { before }) })
    } else if (before) {
      heads.delete(table)
      drops[table] = gone + 1
      moments.push({ table, number: before.seq + gone + 1, commit, at, before })
    }
  }
  return moments
}
