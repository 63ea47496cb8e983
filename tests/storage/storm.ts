import { openLake } from '../../src/lake/lake.ts'
import type { EnvState } from '../../src/lake/types.ts'
import { verifyLog } from '../../src/lake/verify-log.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { problemsOf } from '../../src/base/problem.ts'
import { head, meta } from '../lake/rig.ts'
import { randomFrom } from './chance.ts'
import { faultyStorage, logsLag, realTime } from './faulty.ts'

/** What one writer was told. */
interface Told {
  readonly token: string
  /** The number and id of a commit that was made; undefined when the outcome was left unknown. */
  readonly made?: { readonly number: number; readonly id: string }
}

const commits = 10

/**
 * Writers that commit at once over a real store, in real time, while faults fall on their calls as a seed says; gives
 * what in the log is not as they were told. The store must be empty, or have a lake; it is left as it is. Unlike the
 * simulation it cannot replay what the store does, but the faults of each writer are the same again.
 */
export async function storm(store: Storage, seed: number, writers = 3): Promise<string[]> {
  const time = realTime()
  const reports = await Promise.all(
    Array.from({ length: writers }, (_, n) => writer(store, seed * 100 + n, time.later)),
  )
  await time.settled()
  const log = { storage: store, env: 'dev' }
  const { entries, problems } = await verifyLog(log)
  const faults = problems.map(({ message }) => message)
  for (const { token, made } of reports.flat()) {
    const found = entries.filter(({ run }) => run === token)
    if (found.length > 1) faults.push(`${token} was made ${found.length} times`)
    if (made && found[0]?.id !== made.id)
      faults.push(`${token} was told commit ${made.number}, which is not in the log`)
  }
  const { commit } = await (await openLake(store)).env('dev').state()
  if (commit !== entries.length)
    faults.push(`the state is of commit ${commit}, the log has ${entries.length}`)
  return faults
}

async function writer(
  store: Storage,
  seed: number,
  later: ReturnType<typeof realTime>['later'],
): Promise<Told[]> {
  const faulty = faultyStorage(store, { random: randomFrom(seed), rate: 0.1, later, stale: logsLag })
  const told: Told[] = []
  const lake = await bearing(() => openLake(faulty))
  if (lake === undefined) return told
  const env = lake.env('dev')
  let last = 0
  for (let n = 1; n <= commits; n++) {
    const token = `writer ${seed}, commit ${n}`
    const state = await bearing<EnvState>(() => env.state())
    if (state === undefined) continue
    if (state.commit < last) throw new Error(`commit ${state.commit} was read after commit ${last}`)
    const changes = { heads: { [`t${seed}`]: head(`v${n}`) }, steps: {} }
    const result = await bearing(() => env.commit(state, changes, { ...meta, run: token }, () => changes))
    last = result?.state.commit ?? state.commit
    told.push({ token, ...(result?.committed && { made: result.entry }) })
  }
  await env.flush()
  return told
}

/** What a call gives, or undefined when it says that the storage does not answer. */
async function bearing<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call()
  } catch (error) {
    if (problemsOf(error)?.every(({ code }) => code === 'storage/unavailable')) return undefined
    throw error
  }
}
