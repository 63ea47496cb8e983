import { mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../src/base/digest.ts'
import { problemsOf } from '../../src/base/problem.ts'
import { FileCache } from '../../src/storage/file-cache.ts'
import { openIn } from './clouds.ts'
import { bytesOf } from './objects.ts'
import { s3Server } from './servers/s3.ts'

describe('a store that ignores "only if absent"', () => {
  it('is refused before the first commit, and one that keeps it is asked once for each checkout', async () => {
    for (const ignoresConditions of [true, false]) {
      const options = { ignoresConditions }
      const server = await s3Server(options)
      const keys = { bucket: 'lake', endpoint: server.url, accessKeyId: 'a', secretAccessKey: 'b' }
      const { storage, cleanUp } = await openIn({ kind: 's3', options: keys })
      const created = await storage
        .putIfAbsent('log/1', bytesOf('x'))
        .catch((error: unknown) => problemsOf(error))
      if (ignoresConditions) expect(created).toMatchObject([{ code: 'storage/no-put-if-absent' }])
      else {
        expect(created).toBe(true)
        server.counts.clear()
        expect(await storage.putIfAbsent('log/2', bytesOf('x'))).toBe(true)
        expect(Object.fromEntries(server.counts)).toEqual({ put: 1 })
      }
      await storage.close()
      await cleanUp()
      await server.stop()
    }
  })
})

describe('the cache of files', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-cache-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const hour = 3_600_000
  const names = [1, 2, 3, 4].map((number) => sha256(String(number)))
  const filled = (cache: FileCache, name: string, bytes = 1000): Promise<string> =>
    cache.path(name, bytes, (path) => writeFile(path, Buffer.alloc(bytes)))

  /** Says that a file was last asked for some time ago, as time would. */
  async function aged(name: string, ms: number): Promise<void> {
    const path = join(folder, name)
    await utimes(path, new Date(Date.now() - ms), (await stat(path)).mtime)
  }

  it('removes what was not used for the longest when there are too many bytes', async () => {
    const cache = new FileCache({ folder, limit: 2500 })
    const [one = '', two = '', three = '', four = ''] = names
    await filled(cache, one)
    await filled(cache, two)
    await aged(one, hour)
    await aged(two, 2 * hour)
    await filled(cache, three)
    expect((await readdir(folder)).toSorted()).toEqual([one, three].toSorted())
    // All were used just now: the folder may be larger for a while.
    await filled(cache, one)
    await filled(cache, four)
    expect(await readdir(folder)).toHaveLength(3)
    cache.close()
  })

  it('is filled once for those who ask together, and holds nothing of what failed', async () => {
    const cache = new FileCache({ folder, limit: 1e6 })
    const name = names[0] ?? ''
    let fills = 0
    const fill = async (path: string): Promise<void> => {
      fills++
      await writeFile(path, 'bytes')
    }
    const paths = await Promise.all(Array.from({ length: 20 }, () => cache.path(name, 5, fill)))
    expect(new Set(paths).size).toBe(1)
    expect(fills).toBe(1)
    const failing = cache.path(names[1] ?? '', 5, async (path) => {
      await writeFile(path, 'byt')
      throw new Error('cut')
    })
    await expect(failing).rejects.toThrow('cut')
    expect(await readdir(folder)).toEqual([name])
    cache.close()
  })

  it('takes a file that was written to for none of its own', async () => {
    const cache = new FileCache({ folder, limit: 1e6 })
    const name = names[0] ?? ''
    const path = await cache.path(name, 5, (to) => writeFile(to, 'bytes'))
    await rm(path)
    await writeFile(path, 'bytez')
    expect(await readFile(await cache.path(name, 5, (to) => writeFile(to, 'bytes')), 'utf8')).toBe('bytes')
    cache.close()
  })
})
