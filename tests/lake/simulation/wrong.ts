import { createOnce } from '../../../src/lake/create.ts'
import { writeCheckpoint } from '../../../src/lake/checkpoint.ts'
import { fillIn } from '../../../src/lake/delta.ts'
import type { Environment } from '../../../src/lake/environment.ts'
import { openPlans, readPlan } from '../../../src/lake/gc-plan.ts'
import { commitJudged } from '../../../src/lake/judge.ts'
import type { Committed, Judge } from '../../../src/lake/judge.ts'
import type { Lake } from '../../../src/lake/lake.ts'
import { seal, unseal } from '../../../src/lake/sealed.ts'
import { advance } from '../../../src/lake/state.ts'
import type { Changes, CommitMeta, EnvState, LogEntry } from '../../../src/lake/types.ts'
import { layout } from '../../../src/storage/layout.ts'
import type { Storage } from '../../../src/storage/storage.ts'
import { wrapped } from '../rig.ts'

/** What a lake does wrong on purpose, so that it can be seen that the witness notices. */
export type Wrong = (typeof wrongs)[number]

/** Those that few stories find. */
export const quick = [
  'takes an error for a lost race',
  'believes the hint',
  'adopts without comparing the fingerprint',
  'does not look whether files are still there',
  'writes the checkpoint before the commit',
  'takes a torn reply for no object',
] as const

export const wrongs = [...quick, 'reuses without looking at cleanings'] as const

type Commit = Environment['commit']

/** How an environment commits: as it does, or wrong. */
export function wrongly(lake: Lake, env: Environment, wrong?: Wrong): Commit {
  if (wrong === 'adopts without comparing the fingerprint')
    return (base, changes, meta) => env.commit(base, changes, meta, () => ({ adopt: true }))
  if (wrong === 'does not look whether files are still there')
    return (base, changes, meta, judge) =>
      commitJudged(
        (onto, next) => env.tryCommit(onto, next, meta),
        base,
        changes,
        judge,
        (next) => isPlanned(lake.storage, next),
      )
  if (wrong === 'takes an error for a lost race' || wrong === 'writes the checkpoint before the commit')
    return (...args) => committed(lake, env, wrong, ...args)
  return (...args) => env.commit(...args)
}

async function isPlanned(storage: Storage, { heads }: Changes): Promise<boolean> {
  for (const id of await openPlans(storage)) {
    const planned = new Set((await readPlan(storage, id))?.keys)
    if (Object.values(heads).some((head) => head && planned.has(head.manifest))) return true
  }
  return false
}

async function committed(
  lake: Lake,
  env: Environment,
  wrong: Wrong,
  base: EnvState,
  changes: Changes,
  meta: CommitMeta,
  judge: Judge,
): Promise<Committed> {
  const { storage, clock } = lake
  const log = { storage, env: env.name }
  for (let state = base; ;) {
    const entry = entryOn(state, clock.newId(clock.now()), clock.now(), changes, meta)
    const key = layout.log(env.name, entry.number)
    const after = advance(state, entry)
    if (wrong === 'writes the checkpoint before the commit')
      await writeCheckpoint(log, after).catch(() => undefined)
    const ours =
      wrong === 'takes an error for a lost race'
        ? await storage.putIfAbsent(key, seal(entry)).catch(() => false)
        : (await createOnce(storage, key, seal(entry), clock.pause)).ours
    if (ours) return { committed: true, state: after, entry }
    state = await env.state()
    const judgement = await judge(state)
    if (judgement === 'conflict') throw new Error('this story has no such judge')
    if ('adopt' in judgement) return { committed: false, adopted: true, state }
    changes = judgement
  }
}

function entryOn(state: EnvState, id: string, now: number, changes: Changes, meta: CommitMeta): LogEntry {
  const number = state.commit + 1
  const { tail } = state
  if (tail === undefined) throw new Error('the state was not read from a lake')
  const { checkpoint, since } = tail
  const at = new Date(now).toISOString()
  const fence = state.fence === undefined ? {} : { fence: state.fence }
  return {
    ...fence,
    ...meta,
    format: 1,
    id,
    number,
    parent: tail.id,
    at,
    ...fillIn(state, changes, number),
    checkpoint,
    since,
  }
}

/** A storage as a lake sees it that takes what was cut short for nothing. */
export function wrongStorage(inner: Storage, wrong?: Wrong): Storage {
  if (wrong !== 'takes a torn reply for no object') return inner
  return wrapped(inner, {
    get: async (key) => {
      const bytes = await inner.get(key)
      const plain = key === layout.lake || key.endsWith('hint.json')
      return bytes && !plain && 'fault' in unseal(bytes) ? undefined : bytes
    },
  })
}
