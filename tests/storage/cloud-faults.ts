import { readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hashBytes } from '../../src/base/file-hash.ts'
import { problemsOf } from '../../src/base/problem.ts'
import { PassingFault } from '../../src/storage/fault.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { openIn } from './clouds.ts'
import type { Cloud } from './clouds.ts'
import { bytesOf, keysOf, textOf } from './objects.ts'
import type { Fault, Kind, Options } from './servers/server.ts'

/** What is in the configuration and the requests, and must be nowhere else. */
const secrets = /hush|Eby8vdM02|Signature|sig=|Authorization/i

/** What a driver does when requests and replies get lost, whatever the cloud. */
export function cloudFaults(name: string, start: () => Promise<Cloud>): void {
  describe(`faults: ${name}`, () => {
    let cloud: Cloud
    let opened: Awaited<ReturnType<typeof openIn>>
    let storage: Storage
    beforeAll(async () => {
      cloud = await start()
    })
    afterAll(() => cloud.stop())
    beforeEach(async () => {
      opened = await openIn(cloud)
      storage = opened.storage
      // The probe is none of what is counted here.
      await storage.putIfAbsent('first', bytesOf('first'))
    })
    afterEach(async () => {
      cloud.server.options = {}
      await storage.close()
      await opened.cleanUp()
    })

    /** Lets faults befall the first requests of a kind; gives how many came in all. */
    function befall(kind: Kind, ...faults: (Fault | undefined)[]): () => number {
      let count = 0
      cloud.server.options = { fault: (of) => (of === kind ? faults[count++] : undefined) }
      return () => count
    }
    const busy = { before: { status: 503 } } as const

    it('knows its own creation after a lost reply', async () => {
      const requests = befall('put', { after: 'drop' })
      expect(await storage.putIfAbsent('log/1', bytesOf('ours'))).toBe(true)
      // Asked twice: the second was refused by the success of the first.
      expect(requests()).toBe(2)
      expect(textOf(await storage.get('log/1'))).toBe('ours')
    })

    it('knows its own creation after a request that arrived twice', async () => {
      befall('put', 'twice')
      expect(await storage.putIfAbsent('log/1', bytesOf('ours'))).toBe(true)
    })

    it('does not take the equal bytes of another for its own', async () => {
      expect(await storage.putIfAbsent('log/1', bytesOf('same'))).toBe(true)
      expect(await storage.putIfAbsent('log/1', bytesOf('same'))).toBe(false)
      befall('put', { after: 'drop' })
      expect(await storage.putIfAbsent('log/1', bytesOf('same'))).toBe(false)
    })

    it('creates when the store is busy at first', async () => {
      const requests = befall('put', busy, busy)
      expect(await storage.putIfAbsent('log/1', bytesOf('ours'))).toBe(true)
      expect(requests()).toBe(3)
    })

    it('tells of a store that stays busy as a fault that passes, and has created nothing', async () => {
      befall('put', ...Array.from({ length: 20 }, () => busy))
      const error: unknown = await storage
        .putIfAbsent('log/1', bytesOf('ours'))
        .catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(PassingFault)
      cloud.server.options = {}
      expect(await storage.get('log/1')).toBeUndefined()
    })

    it('goes on reading where a reply was cut', async () => {
      const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) % 253)
      await storage.put('data', bytes)
      const requests = befall('get', { cut: 100_000 })
      expect(Buffer.compare((await storage.get('data')) ?? bytesOf('absent'), bytes)).toBe(0)
      expect(requests()).toBeGreaterThan(1)
    })

    it('never serves other bytes than those expected, and leaves none of them in the cache', async () => {
      const good = bytesOf('what was written')
      const expected = { size: good.length, hash: await hashBytes(good) }
      await storage.put('data', bytesOf('what was wrotten'))
      const [problem] =
        problemsOf(await storage.localPath('data', expected).catch((error: unknown) => error)) ?? []
      expect(problem?.code).toBe('storage/corrupt')
      expect(problem?.message).toContain("'data' is not what its manifest says: its content differs")
      expect(await readdir(join(opened.project, '.sluice/cache'))).toEqual([])
      await storage.put('data', good)
      expect(await readFile(await storage.localPath('data', expected), 'utf8')).toBe('what was written')
    })

    it('reads a file of the cache without a request, and again when it was changed or removed', async () => {
      const bytes = bytesOf('what was written')
      const expected = { size: bytes.length, hash: await hashBytes(bytes) }
      await storage.put('data', bytes)
      const requests = befall('get')
      const path = await storage.localPath('data', expected)
      expect(await storage.localPath('data', expected)).toBe(path)
      expect(requests()).toBe(1)
      await rm(path)
      await writeFile(path, 'what was wrotten')
      expect(await readFile(await storage.localPath('data', expected), 'utf8')).toBe('what was written')
      expect(requests()).toBe(2)
      await rm(path)
      expect(await readFile(await storage.localPath('data', expected), 'utf8')).toBe('what was written')
      expect(requests()).toBe(3)
    })

    it('publishes through busy replies, and leaves nothing of this machine behind', async () => {
      const folder = await storage.stage('tables/t/v1/')
      await writeFile(join(folder, 'part-0.parquet'), Buffer.alloc(9_000_000, 7))
      befall('part', busy)
      await storage.publish(folder, 'tables/t/v1/', ['part-0.parquet'])
      expect((await storage.stat('tables/t/v1/part-0.parquet'))?.size).toBe(9_000_000)
      await expect(readdir(folder)).rejects.toThrow('ENOENT')
    })

    it('deletes and lists more than a page', async () => {
      // S3 deletes at most 1,000 keys with one request. Those that are absent are no error.
      const keys = Array.from({ length: cloud.kind === 's3' ? 1030 : 40 }, (_, i) => `many/${1000 + i}`)
      const there = keys.filter((_, i) => i % 100 === 0 || i % 10 === 3).slice(0, 8)
      await Promise.all(there.map((key) => storage.put(key, bytesOf('x'))))
      const pages: Options & { readonly pageSize: number } = { pageSize: 3 }
      cloud.server.options = pages
      expect(await keysOf(storage, 'many/')).toEqual(there)
      expect(await keysOf(storage, 'many/', there[1])).toEqual(there.slice(2))
      await storage.delete(keys)
      expect(await keysOf(storage, '')).toEqual(['first'])
    })

    it.each(['drop', { status: 403 }, { status: 401 }, { status: 500 }, { status: 400 }] as const)(
      'tells of %j without a secret',
      async (reply) => {
        cloud.server.options = { fault: () => ({ before: reply }) }
        const calls = [
          () => storage.get('a'),
          () => storage.stat('a'),
          () => storage.putIfAbsent('a', bytesOf('x')),
          () => keysOf(storage, ''),
          () => storage.delete(['a']),
          () => storage.localPath('a'),
        ]
        const errors = await Promise.all(calls.map((call) => call().catch((error: unknown) => error)))
        for (const error of errors) {
          const [problem] = problemsOf(error) ?? []
          expect(problem?.code).toBe('storage/unavailable')
          expect(problem?.hint).toBeTruthy()
          expect(JSON.stringify({ problem, text: String(error), stack: (error as Error).stack })).not.toMatch(
            secrets,
          )
        }
      },
    )
  })
}
