import { setTimeout as wait } from 'node:timers/promises'
import type { ProblemCode } from '../base/codes.ts'
import { InternalError, ProblemError } from '../base/problem.ts'
import { checkpointDue, writeCheckpoint } from './checkpoint.ts'
import { fillIn, noDelta } from './delta.ts'
import { readEntry } from './log.ts'
import type { Log } from './log.ts'
import { seal } from './sealed.ts'
import { advance, catchUp } from './state.ts'
import type { Changes, CommitMeta, EnvState, LogEntry, LogTail } from './types.ts'
import { newVersionId } from './version-id.ts'
import { layout } from '../storage/layout.ts'

/** What became of one attempt: our commit and the state after it, or the state that others' commits led to. */
export type Attempt =
  | { readonly committed: true; readonly state: EnvState; readonly entry: LogEntry }
  | { readonly committed: false; readonly state: EnvState }

/** How often a creation whose outcome is not known is looked up and made again. */
const tries = 4
const firstPause = 20
const final: ReadonlySet<ProblemCode> = new Set(['storage/corrupt', 'storage/format'])

/**
 * Creates the entry that follows `base`, or finds that others did. After an error, and after a refusal (which
 * a client's own retry can cause), the entry is read back: our id in it means that the commit is ours. Throws
 * when the storage fails for good; then it is not known whether the commit was made.
 */
export async function attemptCommit(
  log: Log,
  now: () => number,
  base: EnvState,
  changes: Changes,
  meta: CommitMeta,
): Promise<Attempt> {
  const entry = entryOn(base, await startFrom(log, base), now(), changes, meta)
  const bytes = seal(entry)
  for (let tried = 1; ; tried++) {
    const outcome = await create(log, entry, bytes)
    if (outcome === 'ours') return { committed: true, state: advance(base, entry), entry }
    if (outcome === 'theirs') return { committed: false, state: await catchUp(log, base) }
    if (tried === tries) throw unavailable(log, entry, outcome.error)
    await wait(firstPause * 2 ** (tried - 1))
  }
}

/** Where the new entry reads its state from: a new checkpoint where one pays, else what `base` was read from. */
async function startFrom(log: Log, base: EnvState): Promise<LogTail> {
  if (base.env !== log.env) throw new InternalError(`a state of '${base.env}' was committed to '${log.env}'`)
  if (base.tail === undefined)
    throw new InternalError('a commit was based on a state that was not read from a lake')
  if (!checkpointDue(base)) return base.tail
  try {
    await writeCheckpoint(log, base)
  } catch {
    // The commit does not need it: the entry goes on from the checkpoint before, and the next commit tries again.
    return base.tail
  }
  return { id: base.tail.id, checkpoint: base.commit, since: noDelta }
}

function entryOn(base: EnvState, tail: LogTail, now: number, changes: Changes, meta: CommitMeta): LogEntry {
  const number = base.commit + 1
  return {
    ...(base.fence !== undefined && { fence: base.fence }),
    ...meta,
    format: 1,
    id: newVersionId(now),
    number,
    parent: tail.id,
    at: new Date(now).toISOString(),
    ...fillIn(base, changes, number),
    checkpoint: tail.checkpoint,
    since: tail.since,
  }
}

async function create(
  log: Log,
  entry: LogEntry,
  bytes: Uint8Array,
): Promise<'ours' | 'theirs' | { error: unknown }> {
  let failure: unknown = new Error('the store says that the object exists, but has none')
  try {
    if (await log.storage.putIfAbsent(layout.log(log.env, entry.number), bytes)) return 'ours'
  } catch (error) {
    failure = error
  }
  let found: LogEntry | undefined
  try {
    found = await readEntry(log, entry.number)
  } catch (error) {
    // Damage does not heal; anything else may be a storage that does not answer for a moment.
    if (error instanceof ProblemError && error.problems.some(({ code }) => final.has(code))) throw error
    return { error }
  }
  if (found === undefined) return { error: failure }
  return found.id === entry.id ? 'ours' : 'theirs'
}

function unavailable(log: Log, entry: LogEntry, error: unknown): unknown {
  if (error instanceof ProblemError) return error
  const why = error instanceof Error ? error.message : String(error)
  const message = `commit ${entry.number} to environment '${log.env}' in ${log.storage.place} failed: ${why}`
  const hint = 'whether it was made is not known; nothing was deleted, run again when the storage answers'
  return new ProblemError({ code: 'storage/unavailable', message, hint })
}
