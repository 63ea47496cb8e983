import { InternalError, ProblemError } from '../base/problem.ts'
import { checkpointDue, writeCheckpoint } from './checkpoint.ts'
import { createOnce } from './create.ts'
import { fillIn, noDelta } from './delta.ts'
import type { Later } from './hint.ts'
import { readEntry } from './log.ts'
import type { Log } from './log.ts'
import { seal } from './sealed.ts'
import { advance, catchUp } from './state.ts'
import type { Changes, CommitMeta, EnvState, LogEntry, LogTail } from './types.ts'
import type { Pause } from '../storage/again.ts'
import { layout } from '../storage/layout.ts'

/** What became of one attempt: our commit and the state after it, or the state that others' commits led to. */
export type Attempt =
  | { readonly committed: true; readonly state: EnvState; readonly entry: LogEntry }
  | { readonly committed: false; readonly state: EnvState }

/** What a commit needs of the world beside the storage. */
export interface Clock {
  /** The time in ms since 1970. */
  readonly now: () => number
  readonly pause: Pause
  readonly later: Later
  /** A new id at a time. */
  readonly newId: (now: number) => string
}

/**
 * Creates the entry that follows `base`, or finds that others did: the entry is read back after an error, and our
 * id in it means that the commit is ours. Throws when the storage fails for good; then it is not known whether
 * the commit was made, or will be.
 */
export async function attemptCommit(
  log: Log,
  clock: Clock,
  base: EnvState,
  changes: Changes,
  meta: CommitMeta,
): Promise<Attempt> {
  const entry = entryOn(base, await startFrom(log, base), clock, changes, meta)
  const key = layout.log(log.env, entry.number)
  const created = await createOnce(log.storage, key, seal(entry), clock.pause).catch((error: unknown) => {
    throw unavailable(log, entry, error)
  })
  if (created.ours) return { committed: true, state: advance(base, entry), entry }
  // A damaged entry in our place is told here.
  if ('fault' in created.opened) await readEntry(log, entry.number)
  return { committed: false, state: await catchUp(log, base) }
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

function entryOn(base: EnvState, tail: LogTail, clock: Clock, changes: Changes, meta: CommitMeta): LogEntry {
  const now = clock.now()
  const number = base.commit + 1
  return {
    ...(base.fence !== undefined && { fence: base.fence }),
    ...(base.origin !== undefined && meta.kind !== 'delete-env' && { origin: base.origin }),
    ...meta,
    format: 1,
    id: clock.newId(now),
    number,
    parent: tail.id,
    at: new Date(now).toISOString(),
    ...fillIn(base, changes, number),
    checkpoint: tail.checkpoint,
    since: tail.since,
  }
}

function unavailable(log: Log, entry: LogEntry, error: unknown): unknown {
  if (error instanceof ProblemError) return error
  const why = error instanceof Error ? error.message : String(error)
  const message = `commit ${entry.number} to environment '${log.env}' in ${log.storage.place} failed: ${why}`
  const hint = 'whether it was made is not known; nothing was deleted, run again when the storage answers'
  return new ProblemError({ code: 'storage/unavailable', message, hint })
}
