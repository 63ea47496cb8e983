import { describe, expect, test } from 'vitest'
import { layout } from '../../src/storage/layout.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { filled, fresh, problemsFrom, publish, setting, versionsIn, watched, wrapped } from './rig.ts'

const text = (content: string) => Buffer.from(content)
const hints: [name: string, set: (storage: Storage) => Promise<void>][] = [
  ['right', async () => undefined],
  ['missing', (storage) => storage.delete([layout.hint('prod')])],
  ['one behind', (storage) => storage.put(layout.hint('prod'), text('{"commit":29}'))],
  ['far behind', (storage) => storage.put(layout.hint('prod'), text('{"commit":1}'))],
  ['one ahead', (storage) => storage.put(layout.hint('prod'), text('{"commit":31}'))],
  ['far ahead', (storage) => storage.put(layout.hint('prod'), text('{"commit":9007199254740990}'))],
  ['no number', (storage) => storage.put(layout.hint('prod'), text('{"commit":"30"}'))],
  ['negative', (storage) => storage.put(layout.hint('prod'), text('{"commit":-3}'))],
  ['a fraction', (storage) => storage.put(layout.hint('prod'), text('{"commit":29.5}'))],
  [
    'beyond exact numbers',
    (storage) => storage.put(layout.hint('prod'), text('{"commit":9007199254740991}')),
  ],
  ['no JSON', (storage) => storage.put(layout.hint('prod'), text('{"comm'))],
  ['empty', (storage) => storage.put(layout.hint('prod'), text(''))],
  ['no text', (storage) => storage.put(layout.hint('prod'), new Uint8Array([0xff, 0xfe, 0]))],
]

describe('the newest state', () => {
  test.each(hints)('is found when the hint is %s', async (_, set) => {
    const storage = memoryStorage()
    await filled(storage, 30)
    await set(storage)
    const state = await (await fresh(storage)).state()
    expect(state.commit).toBe(30)
    expect(versionsIn(state)).toEqual({ t0: 'v30', t1: 'v28', t2: 'v29' })
    expect(state.damaged).toBeUndefined()
  })

  test.each([3, 300])('costs four reads when the hint is right, with %i tables', async (tables) => {
    const inner = memoryStorage()
    await filled(inner, 400, tables)
    const { storage, reads } = watched(inner)
    const env = await fresh(storage)
    reads.length = 0
    expect((await env.state()).heads.size).toBe(tables)
    expect(reads.length).toBeLessThanOrEqual(4)
    expect(reads.filter((read) => read.startsWith('list'))).toEqual([])
  })

  test('costs one probe when it is read again and nothing is new', async () => {
    const inner = memoryStorage()
    await filled(inner, 30)
    const { storage, reads } = watched(inner)
    const env = await fresh(storage)
    const state = await env.state()
    reads.length = 0
    expect(await env.state()).toBe(state)
    expect(reads).toEqual([`get ${layout.log('prod', 31)}`])
  })

  test('follows what other processes commit, a few commits or many', async () => {
    const storage = memoryStorage()
    const ours = await fresh(storage)
    const theirs = await fresh(storage)
    for (const count of [0, 1, 3, 40]) {
      for (let i = 0; i < count; i++) await publish(theirs, setting({ a: `v${i}-of-${count}` }))
      expect(versionsIn(await ours.state())).toEqual(versionsIn(await theirs.state()))
    }
    expect((await ours.state()).commit).toBe(44)
  })

  test('is that of the lake that is there now, when the one that was followed has been replaced', async () => {
    const storage = memoryStorage()
    await filled(storage, 10)
    const env = await fresh(storage)
    await env.state()
    for (let n = 1; n <= 10; n++) await storage.delete([layout.log('prod', n)])
    await filled(storage, 12, 1)
    expect(versionsIn(await env.state())).toEqual({ t0: 'v12' })
  })

  test('of an environment without commits is empty', async () => {
    const state = await (await fresh(memoryStorage())).state()
    expect([state.commit, state.heads.size, state.steps.size]).toEqual([0, 0, 0])
  })

  test('sees a commit that is made between the hint and the probe', async () => {
    const inner = memoryStorage()
    await filled(inner, 5)
    const writer = await fresh(inner)
    let raced = false
    const storage = wrapped(inner, {
      get: async (key) => {
        const bytes = await inner.get(key)
        if (key === layout.hint('prod') && !raced) {
          raced = true
          await publish(writer, setting({ t0: 'raced' }))
        }
        return bytes
      },
    })
    expect((await (await fresh(storage)).state()).commit).toBe(6)
  })
})

describe('a state in the past', () => {
  test('is that of its commit, and commit 0 is empty', async () => {
    const storage = memoryStorage()
    await filled(storage, 30)
    const env = await fresh(storage)
    expect(versionsIn(await env.state(28))).toEqual({ t0: 'v27', t1: 'v28', t2: 'v26' })
    expect(versionsIn(await env.state(0))).toEqual({})
  })

  test.each([31, -1, 1.5, Number.NaN])('does not exist for commit %d', async (number) => {
    const storage = memoryStorage()
    await filled(storage, 30)
    const [problem] = await problemsFrom((await fresh(storage)).state(number))
    expect(problem).toContain(
      `storage/version-unknown: environment 'prod' has no commit ${number}; its last is 30`,
    )
  })
})
