import { lstat, mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../src/base/digest.ts'
import { evict } from '../../src/storage/file-cache-evict.ts'
import { FileCache } from '../../src/storage/file-cache.ts'

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

it('is emptied somewhat below its limit, and leaves files alone that are not its own', async () => {
  const cache = new FileCache({ folder, limit: 10_500 })
  await writeFile(join(folder, 'my-notes.parquet'), Buffer.alloc(50_000))
  const many = Array.from({ length: 10 }, (_, i) => sha256(`old ${i}`))
  for (const [i, name] of many.entries()) {
    await filled(cache, name)
    await aged(name, (i + 1) * hour)
  }
  await filled(cache, names[0] ?? '')
  const left = await readdir(folder)
  // 11,000 bytes are too many; 9,000 stay, the two that were used first go.
  expect(new Set(left)).toEqual(new Set(['my-notes.parquet', names[0], ...many.slice(0, 8)]))
  cache.close()
})

it('keeps a file that is asked for again, however long it was not used', async () => {
  const [one = '', two = '', three = ''] = names
  const cache = new FileCache({ folder, limit: 1500 })
  await filled(cache, one)
  await aged(one, hour)
  await filled(new FileCache({ folder, limit: 1e6 }), two)
  await aged(two, hour / 1.5)
  await filled(cache, one)
  await filled(cache, three)
  expect((await readdir(folder)).toSorted()).toEqual([one, three].toSorted())
  cache.close()
})

it('replaces a copy that was found to be damaged, also where size and times tell nothing', async () => {
  const cache = new FileCache({ folder, limit: 1e6 })
  const name = names[0] ?? ''
  const fill = (to: string): Promise<void> => writeFile(to, 'bytes')
  const path = await cache.path(name, 5, fill)
  const { atime, mtime } = await stat(path)
  await rm(path)
  await writeFile(path, 'bytez')
  await utimes(path, atime, mtime)
  expect(await readFile(await cache.path(name, 5, fill), 'utf8')).toBe('bytez')
  expect(await readFile(await cache.path(name, 5, fill, { again: true }), 'utf8')).toBe('bytes')
  cache.close()
})

describe('a file that is asked for while the folder is looked through', () => {
  type Evict = (options: { folder: string; limit: number; grace: number }) => Promise<unknown>

  /** How many of the files that were given are gone afterwards. */
  async function lostBy(remove: Evict): Promise<number> {
    const cache = new FileCache({ folder, limit: 1e9 })
    const old = Array.from({ length: 120 }, (_, i) => sha256(`old ${i}`))
    for (const [i, name] of old.entries()) {
      await filled(cache, name, 10)
      await aged(name, hour + i)
    }
    cache.close()
    const removing = remove({ folder, limit: 0, grace: hour / 2 })
    const given: string[] = []
    for (const name of old) given.push(await filled(cache, name, 10))
    await removing
    const found = await Promise.all(given.map((path) => lstat(path).catch(() => undefined)))
    cache.close()
    return found.filter((file) => file === undefined).length
  }

  it('is there when it is opened', async () => {
    expect(await lostBy(evict)).toBe(0)
  })

  it('is missed by who removes what was old when the look began', async () => {
    const wrong: Evict = async (options) => {
      const before = Date.now() - options.grace
      const files = await Promise.all(
        (await readdir(options.folder)).map(async (name) => ({
          path: join(options.folder, name),
          used: (await lstat(join(options.folder, name))).atimeMs,
        })),
      )
      for (const { path, used } of files.toSorted((a, b) => a.used - b.used))
        if (used < before) await rm(path, { force: true })
    }
    expect(await lostBy(wrong)).toBeGreaterThan(0)
  })
})
