import { describe, expect, test } from 'vitest'
import { hashBytes } from '../../src/base/file-hash.ts'
import { copyLake } from '../../src/lake/copy-lake.ts'
import { collectGarbage } from '../../src/lake/gc.ts'
import { filesInHead } from '../../src/lake/head-files.ts'
import { openLake } from '../../src/lake/lake.ts'
import type { DataFile, Manifest } from '../../src/lake/types.ts'
import { verifyLake } from '../../src/lake/verify-lake.ts'
import { newVersionId } from '../../src/lake/version-id.ts'
import { layout } from '../../src/storage/layout.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { manifest as sample, meta, wrapped } from './rig.ts'

const table = 'silver.trips'

interface Published {
  readonly key: string
  readonly manifest: Manifest
}

/** Publishes a version of so many files: the first ones are its own, the others those of the version before. */
async function publish(storage: Storage, count: number, own: number, before?: Published): Promise<Published> {
  const lake = await openLake(storage)
  const version = newVersionId()
  const files: DataFile[] = []
  for (let at = 0; at < count; at++) {
    const shared = at < own ? undefined : before?.manifest.files[at]
    const bytes = Buffer.from(`${version} ${at}`)
    const key = `${layout.version('silver/trips', table, version)}part-${at}.parquet`
    if (!shared) await storage.putIfAbsent(key, bytes)
    files.push(shared ?? { key, bytes: bytes.length, rows: 1, hash: await hashBytes(bytes) })
  }
  const manifest = { ...sample, table, version, files, rows: count, bytes: 0 }
  const key = layout.manifest('silver/trips', table, version)
  await lake.manifests.write(key, manifest)
  const { notebook, fingerprint, rows, bytes } = manifest
  const head = { version, manifest: key, notebook, fingerprint, rows, bytes, ...filesInHead(files) }
  const env = lake.env('prod')
  await env.tryCommit(await env.state(), { heads: { [table]: head }, steps: {} }, meta)
  await env.flush()
  return { key, manifest }
}

/** Three versions, of which the later ones have one file of their own. */
async function threeVersions(storage: Storage, count: number): Promise<[Published, Published, Published]> {
  const first = await publish(storage, count, count)
  const second = await publish(storage, count, 1, first)
  return [first, second, await publish(storage, count, 1, second)]
}

/** A storage whose clock is ahead and goes on with each object: all that was committed is old for it. */
function ticking(): Storage {
  let now = Date.now() + 1e9
  return memoryStorage(() => (now += 1000))
}

const clean = async (storage: Storage) =>
  collectGarbage(await openLake(storage), { retain: 0, grace: 0, keepRuns: 0 })

const verified = async (storage: Storage) => verifyLake(await openLake(storage), { history: true })

/** A storage that lists the keys of which it gave the bytes or a path, or was asked for the size. */
function counted(inner: Storage): { readonly storage: Storage; readonly asked: string[] } {
  const asked: string[] = []
  const storage = wrapped(inner, {
    localPath: (key, expected) => {
      asked.push(key)
      return inner.localPath(key, expected)
    },
    stat: (key) => {
      asked.push(key)
      return inner.stat(key)
    },
  })
  return { storage, asked }
}

describe.each([3, 201])('versions of %d files that share them', (count) => {
  test('are no damage when a cleaning has deleted the older ones, but are when a manifest is lost', async () => {
    const storage = ticking()
    const [first, second, third] = await threeVersions(storage, count)
    await clean(storage)
    expect(await verified(storage)).toMatchObject({ damaged: [], versions: 3, cleaned: 2, files: count })
    expect(await storage.stat(first.manifest.files[0]?.key ?? '')).toBeUndefined()
    expect(await storage.stat(second.manifest.files[0]?.key ?? '')).toBeUndefined()
    expect(await storage.stat(first.manifest.files[1]?.key ?? '')).toBeDefined()
    // A version that is kept, and whose manifest somebody has deleted: its own file is still there.
    const fourth = await publish(storage, count, 1, third)
    await storage.delete([third.key])
    const { damaged, damagedKeys } = await verified(storage)
    expect(damaged.map(({ head }) => head.version)).toEqual([third.manifest.version])
    expect(damagedKeys).toEqual([third.key])
    await storage.delete([fourth.key])
    expect((await verified(storage)).damaged.filter(({ isHead }) => isHead)).toHaveLength(1)
  })

  test('are each told of a flipped byte in a file that they share, which is read once', async () => {
    const inner = memoryStorage()
    const [first] = await threeVersions(inner, count)
    const shared = first.manifest.files[2]?.key ?? ''
    const bytes = Buffer.from((await inner.get(shared)) ?? '')
    bytes[0] = (bytes[0] ?? 0) ^ 1
    await inner.put(shared, bytes)
    const { storage, asked } = counted(inner)
    const report = await verified(storage)
    expect(report.damaged).toHaveLength(3)
    expect(report.damagedKeys).toEqual([shared])
    expect(report.files).toBe(count + 2)
    // Once for its size, once for its bytes.
    expect(asked.filter((key) => key === shared)).toHaveLength(2)
    // What was damaged and is whole now is said to be.
    await inner.put(shared, Buffer.from(`${first.manifest.version} 2`))
    const suspects = [shared, 'tables/other']
    expect(await verifyLake(await openLake(inner), { suspects })).toMatchObject({ cleared: [shared] })
  })

  test('are copied with each file once, and later without a look at those that are there', async () => {
    const [from, to] = [ticking(), memoryStorage()]
    const [, , third] = await threeVersions(from, count)
    expect(await copyLake(from, to, { dryRun: true })).toMatchObject({ versions: 3, files: count + 2 })
    expect(await copyLake(from, to)).toMatchObject({ versions: 3, files: count + 2, problems: [] })
    expect(await verified(to)).toMatchObject({ damaged: [], versions: 3, cleaned: 0 })
    const fourth = await publish(from, count, 1, third)
    const { storage, asked } = counted(to)
    expect(await copyLake(from, storage)).toMatchObject({ versions: 1, files: 1, there: 3 })
    expect(asked.filter((key) => key.endsWith('.parquet'))).toEqual([fourth.manifest.files[0]?.key])
    expect((await verified(to)).damaged).toEqual([])
    // After a cleaning, to an empty place: shared files come with the version that is left.
    await clean(from)
    const empty = memoryStorage()
    expect(await copyLake(from, empty)).toMatchObject({ versions: 1, files: count, problems: [] })
    expect(await verified(empty)).toMatchObject({ damaged: [], cleaned: 3 })
  })

  test('a copy that takes files for there that are not is found out', async () => {
    const [from, to] = [memoryStorage(), memoryStorage()]
    const [, second] = await threeVersions(from, count)
    const forgetful = wrapped(to, {
      putIfAbsent: (key, bytes) =>
        key === second.manifest.files[0]?.key ? Promise.resolve(true) : to.putIfAbsent(key, bytes),
      publish: async (staged, prefix, files) => {
        await to.publish(staged, prefix, files)
        await to.delete([second.manifest.files[0]?.key ?? ''])
      },
    })
    await copyLake(from, forgetful)
    expect((await verified(to)).damaged.map(({ head }) => head.version)).toEqual([second.manifest.version])
  })
})

test('a cleaning deletes nothing when nobody can name the files of a table', async () => {
  const storage = ticking()
  const [, , newest] = await threeVersions(storage, 201)
  const keys = async () => {
    const found: string[] = []
    for await (const { key } of storage.list(layout.tables)) found.push(key)
    return found.toSorted()
  }
  await storage.delete([newest.key])
  const before = await keys()
  await expect(clean(storage)).rejects.toThrow(/manifest\.json' is damaged: it is missing/)
  expect(await keys()).toEqual(before)
})
