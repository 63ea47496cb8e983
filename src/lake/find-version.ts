import type { Environment } from './environment.ts'
import { versionUnknown } from './table-ref.ts'
import type { TableRef } from './table-ref.ts'
import type { EnvState, Head } from './types.ts'

/** A version that was found, and the first commit looked at that has it as a head. */
export interface FoundVersion {
  readonly head: Head
  readonly commit: number
}

/**
 * The version of a table that a ref names, with the environment's commit where it is the head. A number or a
 * time costs a few reads for each doubling of the log; a version id may read back through the whole log.
 * Throws `storage/version-unknown`.
 */
export async function findVersion(environment: Environment, ref: TableRef): Promise<FoundVersion> {
  const now = await environment.state()
  if (ref.at === undefined) return headIn(environment, now, ref, 'there is no such table')
  if ('seq' in ref.at) return bySeq(environment, now, ref, ref.at.seq)
  if ('time' in ref.at) return byTime(environment, now, ref, ref.at.time.getTime())
  return byId(environment, now, ref, ref.at.version)
}

/** The count of a table never falls, not even when the table is removed: that makes the log searchable. */
async function bySeq(
  environment: Environment,
  now: EnvState,
  ref: TableRef,
  seq: number,
): Promise<FoundVersion> {
  const last = seqOf(now, ref.table)
  if (last === 0)
    throw versionUnknown(environment.name, ref, 'there was never such a table', now.heads.keys())
  if (seq > last) throw versionUnknown(environment.name, ref, `its last version is ${last}`)
  if (now.heads.get(ref.table)?.seq === seq) return headIn(environment, now, ref, '')
  const commit = await firstCommit(
    now.commit,
    async (n) => seqOf(await environment.state(n), ref.table) >= seq,
  )
  return headIn(environment, await environment.state(commit), ref, 'the commit that set it does not hold it')
}

async function byTime(
  environment: Environment,
  now: EnvState,
  ref: TableRef,
  time: number,
): Promise<FoundVersion> {
  return headIn(
    environment,
    await stateAsOf(environment, now, time),
    ref,
    'the table was not there at that time',
  )
}

/** The state of an environment as of a time in ms, from its newest; a few reads for each doubling of the log. */
export async function stateAsOf(environment: Environment, now: EnvState, time: number): Promise<EnvState> {
  const isLater = async (n: number): Promise<boolean> => Date.parse((await environment.entry(n)).at) > time
  const commit = (await firstCommit(now.commit + 1, async (n) => n > now.commit || isLater(n))) - 1
  return environment.state(commit)
}

async function byId(
  environment: Environment,
  now: EnvState,
  ref: TableRef,
  version: string,
): Promise<FoundVersion> {
  if (now.heads.get(ref.table)?.version === version) return headIn(environment, now, ref, '')
  for await (const entry of environment.history({ table: ref.table })) {
    const head = entry.heads[ref.table]
    if (head?.version === version) return { head, commit: entry.number }
  }
  throw versionUnknown(environment.name, ref, 'no commit has it', now.heads.keys())
}

function headIn(environment: Environment, state: EnvState, ref: TableRef, why: string): FoundVersion {
  const head = state.heads.get(ref.table)
  if (head === undefined) throw versionUnknown(environment.name, ref, why, state.heads.keys())
  return { head, commit: state.commit }
}

function seqOf(state: EnvState, table: string): number {
  return state.heads.get(table)?.seq ?? state.gone?.get(table) ?? 0
}

/** The least number from 1 to `last` for which a condition holds, that holds from some number on and for `last`. */
async function firstCommit(last: number, holds: (number: number) => Promise<boolean>): Promise<number> {
  let low = 1
  let high = last
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (await holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
