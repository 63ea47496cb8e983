import { describe, expect, test } from 'vitest'
import { runsIn } from '../../src/lake/runs.ts'
import { seal } from '../../src/lake/sealed.ts'
import { stepCacheIn } from '../../src/lake/step-cache.ts'
import type { StepCacheEntry } from '../../src/lake/step-cache.ts'
import { newVersionId } from '../../src/lake/version-id.ts'
import { layout } from '../../src/storage/layout.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import { flipBit, problemsFrom, watched } from './rig.ts'

const entry: StepCacheEntry = {
  format: 1,
  fingerprint: 'ab'.repeat(32),
  outputs: { 'silver.trips': { manifest: 'tables/x/manifest.json', version: 'v1' } },
  computedAt: '2026-01-01T00:00:00.000Z',
  result: { rows: { $bigint: '3' } },
}
const key = layout.step(entry.fingerprint)

describe('the shared cache of steps', () => {
  test('gives what was kept, and the first to keep it wins', async () => {
    const cache = stepCacheIn(memoryStorage())
    expect(await cache.get(entry.fingerprint)).toEqual({ damaged: false })
    expect(await cache.put(entry)).toBe(true)
    expect(await cache.put({ ...entry, computedAt: 'later' })).toBe(false)
    expect(await cache.get(entry.fingerprint)).toMatchObject({ entry, damaged: false })
  })

  test('replaces an entry when its versions are gone', async () => {
    const cache = stepCacheIn(memoryStorage())
    await cache.put(entry)
    expect(await cache.put({ ...entry, computedAt: 'later' }, { replace: true })).toBe(true)
    expect((await cache.get(entry.fingerprint)).entry?.computedAt).toBe('later')
  })

  test('tells a damaged entry, gives nothing of it, and keeps a good one in its place', async () => {
    const storage = memoryStorage()
    const cache = stepCacheIn(storage)
    const length = seal(entry).length
    for (let byte = 0; byte < length; byte += 5) {
      await cache.put(entry, { replace: true })
      await flipBit(storage, key, byte, byte % 8)
      expect(await cache.get(entry.fingerprint)).toEqual({ damaged: true })
      expect(await cache.put(entry)).toBe(true)
      expect(await cache.get(entry.fingerprint)).toMatchObject({ entry, damaged: false })
    }
  })

  test.each([
    ['of another fingerprint', { ...entry, fingerprint: 'cd'.repeat(32) }],
    ['without outputs', { ...entry, outputs: undefined }],
    ['with a malformed output', { ...entry, outputs: { a: { version: 'v1' } } }],
  ])('takes an entry %s for damaged', async (_, wrong) => {
    const storage = memoryStorage()
    await storage.put(key, seal(wrong))
    expect(await stepCacheIn(storage).get(entry.fingerprint)).toEqual({ damaged: true })
  })

  test('refuses an entry of a newer format', async () => {
    const storage = memoryStorage()
    await storage.put(key, seal({ ...entry, format: 2 }))
    const [problem] = await problemsFrom(stepCacheIn(storage).get(entry.fingerprint))
    expect(problem).toContain('storage/format: ')
  })

  test('takes no path for a fingerprint', async () => {
    await expect(stepCacheIn(memoryStorage()).get('../../sluice')).rejects.toThrow('is not a fingerprint')
  })
})

describe('run records', () => {
  const day = 24 * 60 * 60 * 1000
  const now = Date.UTC(2026, 5, 1)
  const ages = [0.1, 0.5, 3, 20, 100, 5000]

  async function sample() {
    const { storage, reads } = watched(memoryStorage())
    const runs = runsIn(storage, () => now)
    const ids = ages.map((age) => newVersionId(now - age * day))
    for (const id of ids) {
      for (const file of ['events.jsonl', 'summary.json', 'output/step.txt'])
        await runs.put(id, file, `${file} of ${id}`)
    }
    return { runs, ids, reads, storage }
  }

  test('are read back by run and file', async () => {
    const { runs, ids } = await sample()
    expect(await runs.read(ids[2] ?? '', 'events.jsonl')).toBe(`events.jsonl of ${ids[2]}`)
    expect(await runs.read(ids[2] ?? '', 'none.json')).toBeUndefined()
    expect(await runs.read(newVersionId(), 'summary.json')).toBeUndefined()
  })

  test.each([0, 1, 2, 3, 5, 6, 20])('are listed newest first, at most %i', async (limit) => {
    const { runs, ids } = await sample()
    expect(await runs.list({ limit })).toEqual(ids.slice(0, limit))
  })

  test('of long ago are not looked at when recent ones are enough', async () => {
    const { runs, reads } = await sample()
    reads.length = 0
    await runs.list({ limit: 2 })
    expect(reads).toHaveLength(3)
  })

  test('do not count other files in their folder', async () => {
    const { runs, ids, storage } = await sample()
    await storage.put('runs/.DS_Store', Buffer.from(''))
    await storage.put('runs/notes/readme.txt', Buffer.from(''))
    expect(await runs.list()).toEqual(ids)
  })

  test('made by other clocks, ahead of ours, are listed', async () => {
    const { runs, ids } = await sample()
    const ahead = newVersionId(now + day)
    await runs.put(ahead, 'summary.json', '')
    expect(await runs.list()).toEqual([ahead, ...ids])
  })

  test('have no names that are paths', async () => {
    const { runs, ids } = await sample()
    expect((await problemsFrom(runs.read('../x', 'summary.json')))[0]).toContain('project/name-invalid: ')
    await expect(runs.put(ids[0] ?? '', '../x', '')).rejects.toThrow('cannot be the name of a file of a run')
  })
})
