import { describe, expect, test } from 'vitest'
import { collectGarbage } from '../../src/lake/gc.ts'
import { openLake } from '../../src/lake/lake.ts'
import { pinnedState } from '../../src/lake/pins.ts'
import { layout } from '../../src/storage/layout.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { filled, fresh, manifest, meta, problemsFrom, setting, versionsIn, wrapped } from './rig.ts'

/** A storage whose replies for some keys are cut short, the first so many times. */
function cutting(inner: Storage, part: string, times: number): Storage {
  let left = times
  return wrapped(inner, {
    get: async (key) => {
      const bytes = await inner.get(key)
      return bytes && key.includes(part) && left-- > 0 ? bytes.slice(0, bytes.length - 1 - left) : bytes
    },
  })
}

describe('a reply that is cut short', () => {
  test.each([1, 2, 3])('%i times is read again', async (times) => {
    const inner = memoryStorage()
    await filled(inner, 5)
    const state = await (await fresh(cutting(inner, '/log/', times))).state()
    expect(versionsIn(state)).toEqual({ t0: 'v3', t1: 'v4', t2: 'v5' })
  })

  test('every time is damage, and nothing is made of it', async () => {
    const inner = memoryStorage()
    await filled(inner, 5)
    const env = await fresh(cutting(inner, '/log/', Infinity))
    expect((await problemsFrom(env.state()))[0]).toContain('storage/corrupt')
  })

  test('does not make a manifest of ours another one', async () => {
    const inner = memoryStorage()
    const key = 'tables/x/t/v/manifest.json'
    await (await openLake(inner)).manifests.write(key, manifest)
    await (await openLake(cutting(inner, 'manifest', 2))).manifests.write(key, manifest)
  })
})

test('a listing that lags behind the log shows no older state', async () => {
  const inner = memoryStorage()
  await filled(inner, 9)
  await inner.delete([layout.hint('prod')])
  const lagging = wrapped(inner, {
    async *list(prefix, options) {
      let left = 6
      for await (const object of inner.list(prefix, options)) if (left-- > 0) yield object
    },
  })
  expect((await (await fresh(lagging)).state()).commit).toBe(9)
})

describe('a pin', () => {
  /** Whether a cleaning that keeps nothing but heads and pins keeps the first version of a table. */
  async function keeps(pinned: (storage: Storage) => Promise<unknown>): Promise<boolean> {
    let now = 1000
    const storage = memoryStorage(() => now++)
    const lake = await openLake(storage, { now: () => now })
    const env = lake.env('prod')
    for (const version of ['v1', 'v2', 'v3']) {
      const { a } = setting({ a: version }).heads
      if (!a) throw new Error('no head')
      const at = `tables/x/a/${versionOf(version)}`
      const head = { ...a, version: versionOf(version), manifest: `${at}/manifest.json`, files: [] }
      await storage.put(head.manifest, Buffer.from('x'))
      await env.tryCommit(await env.state(), { heads: { a: head }, steps: {} }, meta)
      if (version === 'v1') await pinned(storage)
    }
    await collectGarbage(lake, { retain: 0, grace: 0, keepRuns: 1e15 })
    return (await storage.get(`tables/x/a/${versionOf('v1')}/manifest.json`)) !== undefined
  }
  const versionOf = (name: string): string => `0${name}`.padEnd(26, '0').replaceAll('v', 'x')

  test('keeps what its run reads', async () => {
    expect(await keeps(async () => undefined)).toBe(false)
    const pin = async (storage: Storage) => pinnedState(storage, await fresh(storage), 'run')
    expect(await keeps(pin)).toBe(true)
  })

  test('that cannot be read keeps everything: in doubt, nothing is deleted', async () => {
    const torn = (storage: Storage) => storage.put(layout.pin('run'), Buffer.from('{"env":"prod","com'))
    expect(await keeps(torn)).toBe(true)
  })
})
