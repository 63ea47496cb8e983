import { ProblemError, problemsOf } from '../base/problem.ts'
import { readCheckpoint } from './checkpoint.ts'
import { applyDelta, emptyState, mergeDeltas } from './delta.ts'
import { lastEntry, readEntry } from './log.ts'
import type { Log } from './log.ts'
import { corrupt } from './sealed.ts'
import type { EnvState, LogEntry } from './types.ts'
import { layout } from '../storage/layout.ts'

/** How many new commits are read one by one before it is cheaper to read the whole state again. */
const walkLimit = 16

/** The newest state: at most four small reads when the hint is right, however many tables there are. */
export async function newestState(log: Log): Promise<EnvState> {
  const entry = await lastEntry(log)
  return entry === undefined ? emptyState(log.env) : stateAfter(log, entry)
}

/** The state as of a commit. One that does not exist is `storage/version-unknown`. */
export async function stateAt(log: Log, number: number): Promise<EnvState> {
  return number === 0 ? emptyState(log.env) : stateAfter(log, await entryAt(log, number))
}

/** The entry of a commit. One that does not exist is `storage/version-unknown`. */
export async function entryAt(log: Log, number: number): Promise<LogEntry> {
  const entry = Number.isSafeInteger(number) && number > 0 ? await readEntry(log, number) : undefined
  if (entry !== undefined) return entry
  const last = (await lastEntry(log))?.number ?? 0
  const message = `environment '${log.env}' has no commit ${number}; its last is ${last}`
  throw new ProblemError({ code: 'storage/version-unknown', message })
}

/** The state that an entry leads to: its checkpoint, the changes since, its own changes. */
async function stateAfter(log: Log, entry: LogEntry): Promise<EnvState> {
  const start = await checkpointState(log, entry)
  const since = mergeDeltas(entry.since, entry)
  return {
    env: log.env,
    commit: entry.number,
    ...applyDelta(start, since),
    ...(start.damaged === undefined ? {} : { damaged: start.damaged }),
    ...(entry.fence !== undefined && { fence: entry.fence }),
    ...(entry.origin !== undefined && { origin: entry.origin }),
    tail: { id: entry.id, checkpoint: entry.checkpoint, since },
  }
}

/** The state at an entry's checkpoint; a damaged checkpoint is computed again from the entry of its number. */
async function checkpointState(log: Log, entry: LogEntry): Promise<EnvState> {
  const number = entry.checkpoint
  if (number === 0) return emptyState(log.env)
  const state = await readCheckpoint(log, number)
  if (state !== undefined) return state
  const key = layout.checkpoint(log.env, number)
  const older = await readEntry(log, number)
  if (older === undefined) {
    const fault = `neither it nor the commit ${number} that it repeats can be read`
    throw corrupt(key, fault, `commits before ${number} can still be read; put the object back from a backup`)
  }
  const rebuilt = await stateAfter(log, older)
  return { ...rebuilt, damaged: [...(rebuilt.damaged ?? []), key] }
}

/**
 * The newest state, from one that is known: one probe when nothing is new, else the new entries alone. Where
 * there are many, or the log is not the one that was known, the state is read anew.
 */
export async function catchUp(log: Log, known: EnvState): Promise<EnvState> {
  let state = known
  for (let walked = 0; walked < walkLimit; walked++) {
    const entry = await entryOrDamaged(log, state.commit + 1)
    if (entry === undefined) return state
    if (entry === 'damaged' || entry.parent !== state.tail?.id) break
    state = advance(state, entry)
  }
  return newestState(log)
}

/** A damaged entry is stepped over when later ones do without it; when it is the last, reading anew says so. */
async function entryOrDamaged(log: Log, number: number): Promise<LogEntry | 'damaged' | undefined> {
  try {
    return await readEntry(log, number)
  } catch (error) {
    if (problemsOf(error)?.every(({ code }) => code === 'storage/corrupt')) return 'damaged'
    throw error
  }
}

/** The state after the entry that follows it. */
export function advance(state: EnvState, entry: LogEntry): EnvState {
  const { id, checkpoint } = entry
  return {
    env: state.env,
    commit: entry.number,
    ...applyDelta(state, entry),
    ...(state.damaged === undefined || checkpoint !== state.tail?.checkpoint
      ? {}
      : { damaged: state.damaged }),
    ...(entry.fence !== undefined && { fence: entry.fence }),
    ...(entry.origin !== undefined && { origin: entry.origin }),
    tail: { id, checkpoint, since: mergeDeltas(entry.since, entry) },
  }
}
