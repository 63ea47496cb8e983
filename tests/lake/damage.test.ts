import { describe, expect, test } from 'vitest'
import { seal } from '../../src/lake/sealed.ts'
import { layout } from '../../src/storage/layout.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { filled, flipBit, fresh, problemsFrom, publish, setting, versionsIn } from './rig.ts'

async function sample(): Promise<{ storage: Storage; checkpoint: number }> {
  const storage = memoryStorage()
  await filled(storage, 60)
  const { checkpoint } = await (await fresh(storage)).entry(60)
  expect(checkpoint).toBeGreaterThan(0)
  return { storage, checkpoint }
}

describe('a damaged log entry', () => {
  test('is noticed whichever bit is flipped, and what can be read is said', async () => {
    const { storage } = await sample()
    const key = layout.log('prod', 60)
    const whole = await storage.get(key)
    if (!whole) throw new Error('no entry')
    for (let byte = 0; byte < whole.length; byte += 7) {
      await storage.put(key, whole)
      await flipBit(storage, key, byte, byte % 8)
      const [problem] = await problemsFrom((await fresh(storage)).state())
      expect(problem).toContain(`storage/corrupt: '${key}' is damaged`)
      expect(problem).toContain('commits up to 59 can still be read')
    }
  })

  test.each([0, 1, 80, -1])('is noticed when it is cut at byte %i', async (length) => {
    const { storage } = await sample()
    const bytes = await storage.get(layout.log('prod', 60))
    await storage.put(layout.log('prod', 60), bytes?.slice(0, length) ?? new Uint8Array())
    const [problem] = await problemsFrom((await fresh(storage)).state())
    expect(problem).toContain(`'${layout.log('prod', 60)}' is damaged`)
  })

  test('is noticed when it is a good entry of another number', async () => {
    const { storage } = await sample()
    await storage.put(layout.log('prod', 60), (await storage.get(layout.log('prod', 59))) ?? new Uint8Array())
    const [problem] = await problemsFrom((await fresh(storage)).state())
    expect(problem).toContain('it says that it is commit 59')
  })

  test('in the past harms neither the newest state nor new commits', async () => {
    const { storage } = await sample()
    await flipBit(storage, layout.log('prod', 58), 30)
    const env = await fresh(storage)
    expect((await env.state()).commit).toBe(60)
    expect((await publish(env, setting({ a: 'v' }))).commit).toBe(61)
    const [problem] = await problemsFrom(env.state(58))
    expect(problem).toContain('commits up to 57 can still be read')
  })

  test('is stepped over by a process that was following the log', async () => {
    const storage = memoryStorage()
    await filled(storage, 10)
    const [ours, theirs] = [await fresh(storage), await fresh(storage)]
    await ours.state()
    await publish(theirs, setting({ a: 'v1' }))
    await publish(theirs, setting({ b: 'v2' }))
    await flipBit(storage, layout.log('prod', 11), 30)
    expect(versionsIn(await ours.state())).toMatchObject({ a: 'v1', b: 'v2' })
  })

  test('of a newer format is refused as such', async () => {
    const { storage } = await sample()
    await storage.put(layout.log('prod', 60), seal({ format: 2, number: 60 }))
    const [problem] = await problemsFrom((await fresh(storage)).state())
    expect(problem).toContain('storage/format: ')
  })
})

const otherCheckpoint = { format: 1, env: 'prod', commit: 1, heads: {}, steps: {}, gone: {} }

describe('a damaged checkpoint', () => {
  const faults: [name: string, harm: (storage: Storage, key: string) => Promise<void>][] = [
    ['has a flipped bit', (storage, key) => flipBit(storage, key, 100, 3)],
    [
      'is cut short',
      async (storage, key) => storage.put(key, ((await storage.get(key)) ?? Buffer.of()).slice(0, 50)),
    ],
    ['is a good one of another commit', (storage, key) => storage.put(key, seal(otherCheckpoint))],
    ['is missing', (storage, key) => storage.delete([key])],
  ]
  test.each(faults)('that %s is computed again, told, and replaced by the next commit', async (_, harm) => {
    const { storage, checkpoint } = await sample()
    const key = layout.checkpoint('prod', checkpoint)
    const whole = await (await fresh(storage)).state()
    await harm(storage, key)
    const env = await fresh(storage)
    const state = await env.state()
    expect(state.damaged).toEqual([key])
    expect(state.heads).toEqual(whole.heads)
    await publish(env, setting({ t0: 'after' }))
    const healed = await (await fresh(storage)).state()
    expect([healed.damaged, versionsIn(healed)]).toEqual([undefined, { ...versionsIn(whole), t0: 'after' }])
  })

  test('is computed again from the beginning when all checkpoints are damaged', async () => {
    const { storage } = await sample()
    const keys: string[] = []
    for await (const { key } of storage.list('env/prod/checkpoint/')) keys.push(key)
    await storage.delete(keys)
    const state = await (await fresh(storage)).state()
    expect(state.damaged?.toSorted()).toEqual(keys)
    expect(versionsIn(state)).toEqual({ t0: 'v60', t1: 'v58', t2: 'v59' })
  })

  test('whose commit is damaged too is an error that says what can be read', async () => {
    const { storage, checkpoint } = await sample()
    await flipBit(storage, layout.checkpoint('prod', checkpoint), 100)
    await flipBit(storage, layout.log('prod', checkpoint), 100)
    const [problem] = await problemsFrom((await fresh(storage)).state())
    expect(problem).toContain(`'${layout.log('prod', checkpoint)}' is damaged`)
    expect(problem).toContain(`commits up to ${checkpoint - 1} can still be read`)
  })
})
