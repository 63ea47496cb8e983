import { describe, expect, test } from 'vitest'
import { openLake } from '../../src/lake/lake.ts'
import { layout } from '../../src/storage/layout.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import { filled, fresh, meta, problemsFrom, publish, setting, watched, wrapped } from './rig.ts'

describe('opening a lake', () => {
  test('creates it once: whoever comes first, all see the same id', async () => {
    const storage = memoryStorage()
    const lakes = await Promise.all([openLake(storage), openLake(storage), openLake(storage)])
    expect(new Set(lakes.map(({ id }) => id)).size).toBe(1)
    expect(lakes[0]).toMatchObject({ format: 1, defaultEnv: 'prod' })
  })

  test('that exists costs one read', async () => {
    const inner = memoryStorage()
    await openLake(inner)
    const { storage, reads, written } = watched(inner)
    await openLake(storage)
    expect([reads, written]).toEqual([[`get ${layout.lake}`], []])
  })

  test('does not create one when told so', async () => {
    const storage = memoryStorage()
    const [problem] = await problemsFrom(openLake(storage, { create: false }))
    expect(problem).toContain('storage/unavailable: there is no lake in memory')
    expect(await storage.get(layout.lake)).toBeUndefined()
  })

  test('refuses a store that ignores the condition of put-if-absent, and leaves nothing behind', async () => {
    const inner = memoryStorage()
    const storage = wrapped(inner, { putIfAbsent: async (key, bytes) => (await inner.put(key, bytes), true) })
    const [problem] = await problemsFrom(openLake(storage))
    expect(problem).toContain('storage/no-put-if-absent: ')
    expect(await inner.get(layout.lake)).toBeUndefined()
  })

  test.each([
    ['storage/format', '{"format":2,"id":"x","createdAt":"x","defaultEnv":"prod"}'],
    ['storage/format', '{}'],
    ['storage/corrupt', '{"format":1'],
    ['storage/corrupt', '[]'],
    ['storage/corrupt', '{"format":1,"id":7}'],
  ])('is %s for %s', async (code, text) => {
    const storage = memoryStorage()
    await storage.put(layout.lake, Buffer.from(text))
    const [problem] = await problemsFrom(openLake(storage))
    expect(problem?.startsWith(`${code}: '${layout.lake}'`)).toBe(true)
  })

  test.each(['', '..', 'a/b', 'con', '1st'])('refuses the environment name %j', async (name) => {
    const lake = await openLake(memoryStorage())
    expect(() => lake.env(name)).toThrow('project/name-invalid')
  })
})

describe('environments', () => {
  test('are listed in order, without those that have no commits, by one listing each', async () => {
    const { storage, reads } = watched(memoryStorage())
    const lake = await openLake(storage)
    for (const name of ['prod', 'dev', 'prod-2', 'a_b', 'A']) {
      for (let n = 0; n < 20; n++) await publish(lake.env(name), setting({ t: `v${n}` }))
      await lake.env(name).flush()
    }
    lake.env('empty')
    reads.length = 0
    expect(await lake.envs()).toEqual(['A', 'a_b', 'dev', 'prod', 'prod-2'])
    expect(reads.filter((read) => read.startsWith('list'))).toHaveLength(6)
  })

  test('do not see each other', async () => {
    const lake = await openLake(memoryStorage())
    await publish(lake.env('dev'), setting({ a: 'v' }))
    expect((await lake.env('prod').state()).heads.size).toBe(0)
  })

  test('are deleted by a commit: numbers and history go on', async () => {
    const storage = memoryStorage()
    await filled(storage, 30)
    const lake = await openLake(storage)
    const after = await lake.env('prod').remove({ run: 'r' })
    expect([after.commit, after.heads.size, after.steps.size]).toEqual([31, 0, 0])
    expect(await lake.envs()).toEqual([])
    const again = await publish(await fresh(storage), setting({ t0: 'v31' }))
    expect([again.commit, again.heads.get('t0')?.seq]).toEqual([32, 11])
    expect(await lake.envs()).toEqual(['prod'])
    expect((await lake.env('prod').state(30)).heads.size).toBe(3)
  })

  test('that are committed to while they are deleted are empty afterwards', async () => {
    const storage = memoryStorage()
    await filled(storage, 5)
    const [ours, theirs] = [await fresh(storage), await fresh(storage)]
    await ours.state()
    const base = await theirs.state()
    await theirs.tryCommit(base, setting({ late: 'v' }), meta)
    expect((await ours.remove({ run: 'r' })).heads.size).toBe(0)
  })

  test('without commits need no deletion', async () => {
    const { storage, written } = watched(memoryStorage())
    const env = await fresh(storage, 'dev')
    expect((await env.remove({ run: 'r' })).commit).toBe(0)
    expect(written.filter(({ key }) => key.startsWith('env/'))).toEqual([])
  })
})

test('closing a lake writes the hint of the last commit first', async () => {
  const inner = memoryStorage()
  const lake = await openLake(wrapped(inner, { close: async () => undefined }))
  for (let n = 0; n < 20; n++) await publish(lake.env('prod'), setting({ t: `v${n}` }))
  await lake.close()
  expect(Buffer.from((await inner.get(layout.hint('prod'))) ?? '').toString()).toBe('{"commit":20}\n')
})

test('a hint that cannot be written does not fail a commit', async () => {
  const inner = memoryStorage()
  const env = await fresh(wrapped(inner, { put: () => Promise.reject(new Error('read-only')) }))
  await publish(env, setting({ t: 'v' }))
  await env.flush()
  expect((await (await fresh(inner)).state()).commit).toBe(1)
})
