import { open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hashBytes } from '../../src/base/file-hash.ts'
import { evict } from '../../src/storage/file-cache-evict.ts'
import { FileCache } from '../../src/storage/file-cache.ts'
import type { ObjectStore } from '../../src/storage/object-store.ts'
import { download } from '../../src/storage/remote-read.ts'
import { openS3 } from '../../src/storage/s3-open.ts'
import { randomFrom } from './chance.ts'

export interface ReaderOptions {
  readonly cache: keyof typeof caches
  readonly endpoint: string
  readonly folder: string
  readonly limit: number
  /** The hashes of the objects, whose keys they are too. */
  readonly hashes: readonly string[]
  readonly seed: number
}

type Fill = (path: string) => Promise<void>

/** What a reader needs of a cache. */
interface Copies {
  path(name: string, fill: Fill): Promise<string>
  close(): void
}

/** The real cache and two ways to get it wrong, which the readers must notice. */
export const caches = {
  real: ({ folder, limit }: ReaderOptions): Copies => {
    const cache = new FileCache({ folder, limit })
    return { path: (name, fill) => cache.path(name, undefined, fill), close: () => cache.close() }
  },
  /** Takes what is there, and fills files in their place: others see the beginning. */
  'in place': ({ folder }: ReaderOptions): Copies => ({
    path: async (name, fill) => {
      const path = join(folder, name)
      const there = await readFile(path).catch(() => undefined)
      if (there === undefined) await fill(path)
      return path
    },
    close: () => undefined,
  }),
  /** Removes what others have just been given. */
  'no grace': ({ folder, limit }: ReaderOptions): Copies => {
    const cache = new FileCache({ folder, limit: 1e9 })
    const path = async (name: string, fill: Fill): Promise<string> => {
      const found = await cache.path(name, undefined, fill)
      await evict({ folder, limit, grace: -60_000 })
      return found
    }
    return { path, close: () => cache.close() }
  },
} satisfies { [name: string]: (options: ReaderOptions) => Copies }

/**
 * Asks for all files; two processes each have the same order. Half of them open a file at once, the others only
 * when eight more were asked for, as an engine does.
 */
async function readAll(options: ReaderOptions): Promise<string[]> {
  const store = await openS3(process.cwd(), 's3', keysOf(options))
  const cache = caches[options.cache](options)
  const faults: string[] = []
  const given: (readonly [hash: string, path: string])[] = []
  for (const hash of shuffled(options.hashes, options.seed >> 1)) {
    try {
      given.push([hash, await cache.path(hash, (path) => fetched(store, hash, path))])
    } catch (error) {
      faults.push(`a read failed: ${String(error)}`)
    }
    const [oldest] = given
    if (oldest && given.length > (options.seed % 2) * 8) {
      given.shift()
      faults.push(...(await faultsOf(...oldest)))
    }
  }
  for (const file of given) faults.push(...(await faultsOf(...file)))
  cache.close()
  store.close()
  return faults
}

async function fetched(store: ObjectStore, hash: string, path: string): Promise<void> {
  const found = await download(store, hash, path)
  if (found?.hash !== hash) throw new Error('other bytes came')
}

async function faultsOf(hash: string, path: string): Promise<string[]> {
  const bytes = await readFile(path).catch(() => undefined)
  if (bytes === undefined) return ['a file is gone']
  return (await hashBytes(bytes)) === hash ? [] : ['a file is not whole']
}

function keysOf({ endpoint }: ReaderOptions) {
  return { bucket: 'lake', endpoint, accessKeyId: 'a', secretAccessKey: 'b' }
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = randomFrom(seed)
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

/** Fills half of a file, says so, and waits to be killed. */
async function fillHalf({ folder, hashes: [hash = ''] }: ReaderOptions): Promise<void> {
  const cache = new FileCache({ folder, limit: 1e9 })
  await cache.path(hash, undefined, async (path) => {
    await writeFile(path, 'half')
    const file = await open(path)
    process.send?.('half')
    await new Promise(() => file)
  })
}

// As a process: waits for the word to start, so that all begin together, and sends what was wrong.
const [act = '', json = ''] = process.argv.slice(2)
if (process.send && ['read', 'half'].includes(act)) {
  const options = JSON.parse(json) as ReaderOptions
  process.once('message', () => {
    if (act === 'half') void fillHalf(options)
    else void readAll(options).then((faults) => process.send?.(faults, () => process.disconnect()))
  })
  process.send('ready')
}
