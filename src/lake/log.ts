import { isCount, isText, maybe, objectOf, valuesOf, type Shape } from '../base/form.ts'
import { checkFormat, corrupt, readSealed } from './sealed.ts'
import type { Opened } from './sealed.ts'
import { readHint } from './hint.ts'
import { settled } from './settled.ts'
import type { CommitRef, Delta, Head, LogEntry, StepRecord } from './types.ts'
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
  return (await readEntryBytes(log, number))?.entry
}

/** The same with the bytes that it stands in. */
export async function readEntryBytes(
  log: Log,
  number: number,
): Promise<{ readonly entry: LogEntry; readonly bytes: Uint8Array } | undefined> {
  const read = await readSealed(log.storage, layout.log(log.env, number))
  if (read === undefined) return undefined
  const parsed = entryIn(log, number, read.opened)
  if ('entry' in parsed) return { entry: parsed.entry, bytes: read.bytes }
  const good = await readableBefore(log, number)
  const rest = good === 0 ? 'no earlier commit can be read' : `commits up to ${good} can still be read`
  throw corrupt(layout.log(log.env, number), parsed.fault, `${rest}; put the object back from a backup`)
}

function entryIn(log: Log, number: number, opened: Opened): { entry: LogEntry } | { fault: string } {
  if ('fault' in opened) return opened
  const value = opened.value
  checkFormat(layout.log(log.env, number), value)
  if (value['number'] !== number)
    return { fault: `it says that it is commit ${JSON.stringify(value['number']) ?? 'none'}` }
  return isEntry(value) ? { entry: value } : { fault: 'it is not a log entry' }
}

const sourceForm = objectOf<CommitRef>({ env: isText, commit: isCount })
const headForm = objectOf<Pick<Head, 'version' | 'seq' | 'manifest'>>({
  version: isText,
  seq: isCount,
  manifest: isText,
})
const stepForm = objectOf<Pick<StepRecord, 'step' | 'fingerprint' | 'outputs'>>({
  step: isText,
  fingerprint: isText,
  outputs: valuesOf(isText),
})
const deltaForm = objectOf<Delta>({
  heads: valuesOf((head) => head === null || headForm(head)),
  steps: valuesOf((step) => step === null || stepForm(step)),
  gone: maybe(valuesOf(isCount)),
})
const metaForm = objectOf<Omit<LogEntry, keyof Delta | 'format' | 'number' | 'since' | Unread>>({
  id: isText,
  parent: (parent) => parent === null || isText(parent),
  at: isText,
  kind: isText,
  run: isText,
  step: maybe(isText),
  source: maybe(sourceForm),
  restored: maybe(valuesOf(isCount)),
  checkpoint: isCount,
})
type Unread = 'overrides' | 'detail' | 'fence' | 'origin'

/** Checks what reading and telling rely on; the checksum vouches that the rest is what a commit wrote. */
function isEntry(value: Shape): value is Shape & LogEntry {
  return metaForm(value) && isDelta(value) && deltaForm(value['since'])
}

/** Whether an object has the properties of changes. */
export function isDelta(value: Shape): value is Shape & Delta {
  return deltaForm(value)
}

async function readableBefore(log: Log, number: number): Promise<number> {
  for (let n = number - 1; n > 0 && n >= number - lookBack; n--) {
    const read = await readSealed(log.storage, layout.log(log.env, n))
    if (read && 'entry' in entryIn(log, n, read.opened)) return n
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
  const [next, entry] = await Promise.all([
    log.storage.get(layout.log(log.env, hint + 1)),
    settled(readEntry(log, hint)),
  ])
  if (next !== undefined) return listedLast(log, hint + 1)
  return entry() ?? listedLast(log, 0)
}

/** The last entry by listing, and by asking for the next ones: a listing may be older than what can be read. */
async function listedLast(log: Log, known: number): Promise<LogEntry | undefined> {
  const folder = layout.logFolder(log.env)
  const after = known === 0 ? undefined : `${folder}${padded(known)}.json`
  let last = known
  for await (const { key } of log.storage.list(folder, { after })) last = numberOf(key) ?? last
  while ((await log.storage.stat(layout.log(log.env, last + 1))) !== undefined) last++
  return last === 0 ? undefined : readEntry(log, last)
}
