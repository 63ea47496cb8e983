import { checkFormat, corrupt, isShape, unseal } from './sealed.ts'
import type { Shape } from './sealed.ts'
import { readHint } from './hint.ts'
import type { Delta, LogEntry } from './types.ts'
import { layout, numberOf, padded } from '../storage/layout.ts'
import type { Storage } from '../storage/storage.ts'

/** The log of one environment in a storage. */
export interface Log {
  readonly storage: Storage
  readonly env: string
}

/** How many commits before a damaged one are looked at, to say what can still be read. */
const lookBack = 20

/** One entry of the log, or undefined when there is none of that number. A damaged one is `storage/corrupt`. */
export async function readEntry(log: Log, number: number): Promise<LogEntry | undefined> {
  const bytes = await log.storage.get(layout.log(log.env, number))
  return bytes && (await parseEntry(log, number, bytes))
}

/** The entry in bytes that were read. A damaged one is `storage/corrupt`, and says what can still be read. */
export async function parseEntry(log: Log, number: number, bytes: Uint8Array): Promise<LogEntry> {
  const parsed = entryIn(log, number, bytes)
  if ('entry' in parsed) return parsed.entry
  const good = await readableBefore(log, number)
  const rest = good === 0 ? 'no earlier commit can be read' : `commits up to ${good} can still be read`
  throw corrupt(layout.log(log.env, number), parsed.fault, `${rest}; put the object back from a backup`)
}

function entryIn(log: Log, number: number, bytes: Uint8Array): { entry: LogEntry } | { fault: string } {
  const opened = unseal(bytes)
  if ('fault' in opened) return opened
  const value = opened.value
  checkFormat(layout.log(log.env, number), value)
  if (value['number'] !== number) return { fault: `it says that it is commit ${String(value['number'])}` }
  return isEntry(value) ? { entry: value } : { fault: 'it is not a log entry' }
}

/** Checks what reading relies on; the checksum vouches that the rest is what a commit wrote. */
function isEntry(value: Shape): value is Shape & LogEntry {
  const { id, parent, at, kind, checkpoint, since } = value
  const named = typeof id === 'string' && (parent === null || typeof parent === 'string')
  const made = typeof at === 'string' && typeof kind === 'string' && typeof checkpoint === 'number'
  return named && made && isDelta(value) && isShape(since) && isDelta(since)
}

/** Whether an object has the properties of changes. */
export function isDelta(value: Shape): value is Shape & Delta {
  const { heads, steps, gone } = value
  return isShape(heads) && isShape(steps) && (gone === undefined || isShape(gone))
}

async function readableBefore(log: Log, number: number): Promise<number> {
  for (let n = number - 1; n > 0 && n >= number - lookBack; n--) {
    const bytes = await log.storage.get(layout.log(log.env, n))
    if (bytes && 'entry' in entryIn(log, n, bytes)) return n
  }
  return 0
}

/**
 * The last entry of the log, or undefined when there is none: the hint, the entry of that number and a probe
 * for the next one. Only where the hint lags, lies ahead or is lost is the log listed.
 */
export async function lastEntry(log: Log): Promise<LogEntry | undefined> {
  const hint = await readHint(log.storage, log.env)
  if (hint === undefined) return listedLast(log, 0)
  const [next, bytes] = await Promise.all([
    log.storage.get(layout.log(log.env, hint + 1)),
    log.storage.get(layout.log(log.env, hint)),
  ])
  if (next !== undefined) return listedLast(log, hint + 1)
  return bytes === undefined ? listedLast(log, 0) : parseEntry(log, hint, bytes)
}

async function listedLast(log: Log, known: number): Promise<LogEntry | undefined> {
  const folder = layout.logFolder(log.env)
  const after = known === 0 ? undefined : `${folder}${padded(known)}.json`
  let last = known
  for await (const { key } of log.storage.list(folder, { after })) last = numberOf(key) ?? last
  return last === 0 ? undefined : readEntry(log, last)
}
