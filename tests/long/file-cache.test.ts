import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sha256 } from '../../src/base/digest.ts'
import { hashBytes } from '../../src/base/file-hash.ts'
import { evict } from '../../src/storage/file-cache-evict.ts'
import { FileCache } from '../../src/storage/file-cache.ts'
import type { ReaderOptions } from '../storage/cache-reader.ts'
import { s3Server } from '../storage/servers/s3.ts'
import type { S3Server } from '../storage/servers/s3.ts'

const script = fileURLToPath(new URL('../storage/cache-reader.ts', import.meta.url))
let server: S3Server
let hashes: string[]
let folder: string
let children: ChildProcess[]
beforeEach(async () => {
  children = []
  folder = await mkdtemp(join(tmpdir(), 'sluice-cache-'))
  server = await s3Server()
  const bodies = Array.from({ length: 40 }, (_, i) => Buffer.alloc(150_000 + 1000 * i, `${i} `))
  hashes = await Promise.all(bodies.map(hashBytes))
  for (const [i, body] of bodies.entries()) {
    const etag = `"${sha256(body).slice(0, 32)}"`
    server.objects.set(hashes[i] ?? '', { body, etag, modified: new Date(), metadata: {} })
  }
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

const hour = 3_600_000

/** Says that a file was last asked for some time ago, as time would. */
async function aged(name: string, ms: number): Promise<void> {
  const path = join(folder, name)
  await utimes(path, new Date(Date.now() - ms), (await stat(path)).mtime)
}

async function started(act: 'read' | 'half', options: Partial<ReaderOptions>): Promise<ChildProcess> {
  const all = { cache: 'real', endpoint: server.url, folder, limit: 1e6, hashes, seed: 0, ...options }
  const child = fork(script, [act, JSON.stringify(all)], { execArgv: ['--import', 'tsx'] })
  children.push(child)
  await once(child, 'message')
  return child
}

/** Four processes read everything at once; what was wrong, each fault once. */
async function faultsWith(cache: ReaderOptions['cache']): Promise<Set<string>> {
  const readers = await Promise.all([0, 1, 2, 3].map((seed) => started('read', { cache, seed })))
  const ends = Promise.all(readers.map(async (reader) => ((await once(reader, 'message')) as [string[]])[0]))
  for (const reader of readers) reader.send('go')
  return new Set((await ends).flat())
}

test('processes read the same and other files at once while old ones are removed: each gets the right bytes', async () => {
  const cache = new FileCache({ folder, limit: 1e9 })
  const old = Array.from({ length: 200 }, (_, i) => Buffer.alloc(10_000, `old ${i} `))
  const oldHashes = await Promise.all(old.map(hashBytes))
  for (const [i, hash] of oldHashes.entries()) {
    const body = old[i] ?? Buffer.alloc(0)
    server.objects.set(hash, { body, etag: `"${i}"`, modified: new Date(), metadata: {} })
    await cache.path(hash, body.length, (path) => writeFile(path, body))
    await aged(hash, hour + i)
  }
  cache.close()
  hashes.push(...oldHashes)
  expect(await faultsWith('real')).toEqual(new Set())
  expect(server.counts.get('get')).toBeGreaterThan(40)
  // All of it is in use. When that is over, the bound holds again after the next file.
  for (const hash of await readdir(folder)) await aged(hash, hour)
  const next = new FileCache({ folder, limit: 1e6 })
  await next.path(sha256('next'), 1000, (path) => writeFile(path, Buffer.alloc(1000)))
  const sizes = await Promise.all(
    (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size),
  )
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(1e6)
  next.close()
})

test.each([
  ['in place', 'a file is not whole'],
  ['no grace', 'a file is gone'],
] as const)('the readers notice a cache that is wrong: %s', async (cache, fault) => {
  const found = new Set<string>()
  // Whether two processes meet at one file is chance: they are let loose until they do.
  for (let round = 1; round <= 20 && !found.has(fault); round++) {
    for (const each of await faultsWith(cache)) found.add(each)
    for (const name of await readdir(folder)) await rm(join(folder, name), { force: true })
  }
  expect(found).toContain(fault)
})

test('a process that is killed leaves no half file that others take, and what it leaves goes after an hour', async () => {
  const child = await started('half', {})
  child.send('go')
  await once(child, 'message')
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await readdir(folder)).toEqual([expect.stringMatching(/^filling-/)])
  const cache = new FileCache({ folder, limit: 1e6 })
  const path = await cache.path(hashes[0] ?? '', undefined, (to) => writeFile(to, 'whole'))
  expect(await readFile(path, 'utf8')).toBe('whole')
  expect(await readdir(folder)).toHaveLength(2)
  // A fill goes by a rename when a file is adopted: its time of change may be old, that of its move is not.
  const [leftover = ''] = (await readdir(folder)).filter((name) => name.startsWith('filling-'))
  await utimes(join(folder, leftover), new Date(0), new Date(0))
  await evict({ folder, limit: 1e6, grace: hour })
  expect(await readdir(folder)).toHaveLength(2)
  await evict({ folder, limit: 1e6, grace: hour, now: Date.now() + 2 * hour })
  expect(await readdir(folder)).toEqual([hashes[0]])
  cache.close()
})
