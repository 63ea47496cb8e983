import { describe, expect, test } from 'vitest'
import type { Changes, EnvState } from '../../src/lake/types.ts'
import { layout } from '../../src/storage/layout.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import type { Storage } from '../../src/storage/storage.ts'
import {
  filled,
  fresh,
  head,
  meta,
  problemsFrom,
  publish,
  record,
  setting,
  versionsIn,
  watched,
  wrapped,
} from './rig.ts'

describe('a commit', () => {
  test('names its parent, its run and what it changes, numbered', async () => {
    const env = await fresh(memoryStorage())
    const first = await env.tryCommit(await env.state(), setting({ a: 'v1' }), meta)
    const changes: Changes = { heads: { a: head('v2'), b: null }, steps: { s: record('s', 'f') } }
    const second = await env.tryCommit(first.state, changes, { ...meta, step: 's', detail: { file: 'x.ts' } })
    if (!first.committed || !second.committed) throw new Error('lost')
    expect(second.entry).toMatchObject({
      number: 2,
      parent: first.entry.id,
      step: 's',
      detail: { file: 'x.ts' },
    })
    expect(second.entry.heads).toEqual({ a: { ...head('v2'), seq: 2, commit: 2 }, b: null })
    expect(second.entry.steps).toEqual({ s: { ...record('s', 'f'), commit: 2 } })
    expect(await env.entry(2)).toMatchObject(second.entry)
  })

  test('counts the versions of a table: the same version keeps its number, a table that comes back counts on', async () => {
    const env = await fresh(memoryStorage())
    const seqs: (number | undefined)[] = []
    for (const version of ['v1', 'v2', 'v2', null, 'v3', 'v1']) {
      seqs.push((await publish(env, setting({ a: version }))).heads.get('a')?.seq)
    }
    expect(seqs).toEqual([1, 2, 2, undefined, 3, 4])
  })

  test('on a stale state loses, changes nothing and gives the state of the winner', async () => {
    const storage = memoryStorage()
    const [ours, theirs] = [await fresh(storage), await fresh(storage)]
    const base = await ours.state()
    await publish(theirs, setting({ a: 'theirs' }))
    const result = await ours.tryCommit(base, setting({ a: 'ours' }), meta)
    expect(result.committed).toBe(false)
    expect(versionsIn(result.state)).toEqual({ a: 'theirs' })
    expect((await ours.state()).commit).toBe(1)
  })

  test('that lost reads only the entries that are new', async () => {
    const inner = memoryStorage()
    await filled(inner, 40)
    const { storage, reads } = watched(inner)
    const [ours, theirs] = [await fresh(storage), await fresh(inner)]
    const base = await ours.state()
    await publish(theirs, setting({ x: 'v1' }))
    await publish(theirs, setting({ x: 'v2' }))
    reads.length = 0
    await ours.commit(base, setting({ y: 'v1' }), meta, () => setting({ y: 'v1' }))
    const numbers = new Set(reads.map((read) => Number(read.slice(-25, -5))))
    expect(numbers).toEqual(new Set([41, 42, 43]))
    expect(reads.length).toBeLessThanOrEqual(5)
  })

  test('of one process among many at once is never lost, and they do not race each other', async () => {
    const { storage, written } = watched(memoryStorage())
    const env = await fresh(storage)
    const base = await env.state()
    const one = (table: string) =>
      env.commit(base, setting({ [table]: 'v' }), meta, () => setting({ [table]: 'v' }))
    const results = await Promise.all(Array.from({ length: 30 }, (_, i) => one(`t${i}`)))
    expect(results.every(({ committed }) => committed)).toBe(true)
    expect((await env.state()).heads.size).toBe(30)
    const entries = written.filter(({ key }) => key.includes('/log/'))
    expect(entries).toHaveLength(30)
  })
})

describe('a judge', () => {
  const race = async (judge: (state: EnvState) => Changes | { adopt: true } | 'conflict') => {
    const storage = memoryStorage()
    const [ours, theirs] = [await fresh(storage), await fresh(storage)]
    const base = await ours.state()
    await publish(theirs, setting({ a: 'theirs' }))
    return ours.commit(base, setting({ a: 'ours' }), meta, judge)
  }

  test('can commit other changes on top of the winner', async () => {
    const result = await race((state) => setting({ a: `on-${state.heads.get('a')?.version}` }))
    expect([result.committed, versionsIn(result.state)]).toEqual([true, { a: 'on-theirs' }])
  })

  test('can adopt what the winner committed', async () => {
    const result = await race(() => ({ adopt: true }))
    expect([result.committed, result.state.commit]).toEqual([false, 1])
  })

  test('can see a conflict, which names the table', async () => {
    const [problem] = await problemsFrom(race(() => 'conflict'))
    expect(problem).toContain(`storage/commit-conflict: others committed to 'a' in environment 'prod'`)
  })

  /** A commit to `a` that another process comes before each time, up to a number of times. */
  async function harried(
    table: string,
    times: number,
  ): Promise<{ result: Promise<unknown>; judged: () => number }> {
    const inner = memoryStorage()
    const theirs = await fresh(inner)
    let left = times
    const storage = wrapped(inner, {
      putIfAbsent: async (key, bytes) => {
        if (key.includes('/log/') && left-- > 0) await publish(theirs, setting({ [table]: `theirs-${left}` }))
        return inner.putIfAbsent(key, bytes)
      },
    })
    const ours = await fresh(storage)
    let judged = 0
    const judge = () => (judged++, setting({ a: 'ours' }))
    return {
      result: ours.commit(await ours.state(), setting({ a: 'ours' }), meta, judge),
      judged: () => judged,
    }
  }

  test('is asked a bounded number of times while others move our table', async () => {
    const { result, judged } = await harried('a', Infinity)
    const [problem] = await problemsFrom(result)
    expect(problem).toContain(`storage/commit-conflict: others kept committing before us to 'a'`)
    expect(judged()).toBe(50)
  })

  test('does not give up for commits to other tables', async () => {
    const { result, judged } = await harried('b', 200)
    expect(await result).toMatchObject({ committed: true, state: { commit: 201 } })
    expect(judged()).toBe(200)
  })
})

describe('a commit whose outcome is not known', () => {
  /** A storage that throws, the first `times` times, before or after an entry is created. */
  function failing(inner: Storage, when: 'before' | 'after', times = 1): Storage {
    let left = times
    return wrapped(inner, {
      putIfAbsent: async (key, bytes) => {
        if (!key.includes('/log/') || left-- <= 0) return inner.putIfAbsent(key, bytes)
        if (when === 'after') await inner.putIfAbsent(key, bytes)
        throw new Error('socket hang up')
      },
    })
  }

  test.each(['before', 'after'] as const)('because of an error %s its effect is made once', async (when) => {
    const inner = memoryStorage()
    const env = await fresh(failing(inner, when))
    await publish(env, setting({ a: 'v1' }))
    await publish(env, setting({ a: 'v2' }))
    const state = await (await fresh(inner)).state()
    expect([state.commit, versionsIn(state), state.heads.get('a')?.seq]).toEqual([2, { a: 'v2' }, 2])
  })

  test('is ours when the refusal came from our own retried request', async () => {
    const inner = memoryStorage()
    const storage = wrapped(inner, {
      putIfAbsent: async (key, bytes) =>
        (await inner.putIfAbsent(key, bytes)) && inner.putIfAbsent(key, bytes),
      // What `openLake` needs is there already.
      get: async (key) => (await inner.get(key)) ?? (key === layout.lake ? lakeText : undefined),
    })
    const env = await fresh(storage)
    expect(versionsIn(await publish(env, setting({ a: 'v1' })))).toEqual({ a: 'v1' })
  })

  test('is lost when another entry stands in its place', async () => {
    const inner = memoryStorage()
    const theirs = await fresh(inner)
    const storage = wrapped(inner, {
      putIfAbsent: async (key, bytes) => {
        if (!key.includes('/log/')) return inner.putIfAbsent(key, bytes)
        await publish(theirs, setting({ a: 'theirs' }))
        throw new Error('socket hang up')
      },
    })
    const ours = await fresh(storage)
    const result = await ours.tryCommit(await ours.state(), setting({ a: 'ours' }), meta)
    expect([result.committed, versionsIn(result.state)]).toEqual([false, { a: 'theirs' }])
  })

  test('fails with what the storage said when it never answers', async () => {
    const inner = memoryStorage()
    const env = await fresh(failing(inner, 'before', Infinity))
    const [problem] = await problemsFrom(env.tryCommit(await env.state(), setting({ a: 'v1' }), meta))
    expect(problem).toContain(
      `storage/unavailable: commit 1 to environment 'prod' in memory failed: socket hang up`,
    )
    expect((await (await fresh(inner)).state()).commit).toBe(0)
  })

  test('does not fail because a checkpoint could not be written', async () => {
    const inner = memoryStorage()
    const storage = wrapped(inner, {
      putIfAbsent: async (key, bytes) => {
        if (key.includes('/checkpoint/')) throw new Error('socket hang up')
        return inner.putIfAbsent(key, bytes)
      },
    })
    await filled(storage, 60)
    expect(versionsIn(await (await fresh(inner)).state())).toEqual({ t0: 'v60', t1: 'v58', t2: 'v59' })
    expect((await (await fresh(inner)).entry(60)).checkpoint).toBe(0)
  })
})

const lakeText = Buffer.from(
  '{"format":1,"id":"x","createdAt":"2026-01-01T00:00:00.000Z","defaultEnv":"prod"}',
)

test('a thousand commits to fifty tables write a small multiple of what they change', async () => {
  const { storage, written } = watched(memoryStorage())
  const env = await fresh(storage)
  let state = await env.state()
  let changed = 0
  for (let n = 0; n < 1000; n++) {
    const table = `silver.table_${n % 50}`
    const changes: Changes = { heads: { [table]: head(`v${n}`) }, steps: { [table]: record(table, `f${n}`) } }
    changed += JSON.stringify(changes).length
    const result = await env.tryCommit(state, changes, meta)
    if (!result.committed) throw new Error('lost')
    state = result.state
  }
  const bytes = written.reduce((sum, object) => sum + object.bytes, 0)
  expect(bytes / changed).toBeLessThan(15)
  const largest = Math.max(
    ...written.filter(({ key }) => key.includes('/log/')).map((object) => object.bytes),
  )
  expect(largest / (changed / 1000)).toBeLessThan(16)
})
