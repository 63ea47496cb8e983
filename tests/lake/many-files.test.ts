import { expect, test } from 'vitest'
import { sha256 } from '../../src/base/digest.ts'
import { collectGarbage } from '../../src/lake/gc.ts'
import { filesInHead, keysOfHead } from '../../src/lake/head-files.ts'
import type { Lake } from '../../src/lake/lake.ts'
import { manifestsIn } from '../../src/lake/manifest.ts'
import { packManifest, unpackManifest } from '../../src/lake/packed-manifest.ts'
import { exportDelta } from '../../src/lake/delta-export.ts'
import { sealOf, unseal } from '../../src/lake/sealed.ts'
import type { DataFile, Manifest, PartitionEntry } from '../../src/lake/types.ts'
import { newVersionId } from '../../src/lake/version-id.ts'
import { layout } from '../../src/storage/layout.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import { deltaLogs, lakeOver, replayed } from './delta-kit.ts'
import { meta, problemsFrom } from './rig.ts'

const table = 'silver.trips'
const notebook = 'silver/trips'

/** A version of so many partitions, of which some are in the files of another. */
function versionOf(count: number, shared: readonly DataFile[] = []): { key: string; manifest: Manifest } {
  const version = newVersionId()
  const folder = layout.version(notebook, table, version)
  const files = Array.from({ length: count }, (_, at): DataFile => {
    const own = { key: `${folder}part-${at}.parquet`, bytes: 4, rows: 2, hash: sha256(`${version}${at}`) }
    return shared[at] ?? { ...own, partition: [`p${at}`, 'true'] }
  })
  const partitions = files.map(({ partition = [] }, at): PartitionEntry => {
    const noted = at % 3 === 0 && { fingerprint: sha256(`f${at}`), computedAt: '2026-01-31T00:00:00.000Z' }
    return { values: partition, rows: 2, digest: sha256(`d${at}`).slice(0, 32), ...noted }
  })
  const manifest: Manifest = {
    format: 1,
    table,
    version,
    notebook: `notebooks/${notebook}.ts`,
    fingerprint: 'ab'.repeat(32),
    createdAt: '2026-01-31T11:59:59.500Z',
    engine: 'duckdb',
    columns: [{ name: 'id', type: 'INTEGER', nullable: false }],
    key: [],
    rows: count * 2,
    bytes: count * 4,
    files,
    partitionBy: ['p', 'b'],
    partitions,
    stats: {},
  }
  return { key: layout.manifest(notebook, table, version), manifest }
}

async function publish(lake: Lake, { key, manifest }: ReturnType<typeof versionOf>): Promise<void> {
  for (const file of manifest.files) await lake.storage.putIfAbsent(file.key, Buffer.from('data'))
  await lake.manifests.write(key, manifest)
  const { version, fingerprint, rows, bytes } = manifest
  const head = { version, manifest: key, notebook: manifest.notebook, fingerprint, rows, bytes }
  const env = lake.env('prod')
  const heads = { [table]: { ...head, ...filesInHead(manifest.files) } }
  await env.tryCommit(await env.state(), { heads, steps: {} }, meta)
}

test.each([200, 201, 500])('a manifest of %d files is read as it was written', async (count) => {
  const storage = memoryStorage()
  const { key, manifest } = versionOf(count)
  await manifestsIn(storage).write(key, manifest)
  const read = await manifestsIn(storage).read(key)
  expect(read).toEqual(manifest)
  // Who wrote it and who reads it agree on its checksum.
  const writer = manifestsIn(storage)
  await writer.write(key, manifest)
  expect(sealOf(await writer.read(key))).toBe(sealOf(read))
  const opened = unseal((await storage.get(key)) ?? new Uint8Array())
  expect('value' in opened && opened.value['format']).toBe(count > 200 ? 2 : 1)
})

test('a packed manifest whose lists do not fit together is refused', () => {
  const packed = packManifest(versionOf(3).manifest)
  expect(unpackManifest({ ...packed })).toBeDefined()
  const { files, partitions } = packed
  for (const wrong of [
    { files: { ...files, bytes: [4, 4] } },
    { files: { ...files, hashes: files.hashes.slice(1) } },
    { files: { ...files, folder: [0, 0, 7] } },
    { files: { ...files, partition: [0, 1, 3] } },
    { files: { ...files, rows: [2, 2, -1] } },
    { partitions: { ...partitions, digest: [] } },
    { folders: undefined },
  ])
    expect(unpackManifest({ ...packed, ...wrong })).toBeUndefined()
})

test('a head lists no more than 200 files, and their keys are found all the same', async () => {
  const lake = await lakeOver(memoryStorage())
  await publish(lake, versionOf(201))
  const head = (await lake.env('prod').state()).heads.get(table)
  expect(head).toMatchObject({ files: [], many: 201 })
  expect(head && (await keysOfHead(lake.storage, head))).toHaveLength(202)
  expect(head && (await lake.version(table, head)).files).toHaveLength(201)
  const other = { ...head, many: 202, version: head?.version ?? '', manifest: head?.manifest ?? '' }
  expect((await problemsFrom(lake.version(table, other))).join()).toContain('storage/corrupt')
})

test('a cleaning keeps the files that a later version of very many shares, and deletes the others', async () => {
  const storage = memoryStorage()
  const lake = await lakeOver(storage)
  const first = versionOf(300)
  await publish(lake, first)
  const second = versionOf(300, first.manifest.files.slice(0, 299))
  await publish(lake, second)
  await collectGarbage(await lakeOver(storage, Date.now() + 1e9), { retain: 0, grace: 0, keepRuns: 0 })
  for (const { key } of second.manifest.files) expect(await storage.stat(key)).toBeDefined()
  expect(await storage.stat(first.manifest.files[299]?.key ?? '')).toBeUndefined()
  expect(await storage.stat(first.key)).toBeUndefined()
})

test('a Delta log removes the files of a version that is too large to be listed, also when its manifest is gone', async () => {
  const storage = memoryStorage()
  const lake = await lakeOver(storage)
  const first = versionOf(300)
  await publish(lake, first)
  await exportDelta(lake)
  await storage.delete([first.key])
  const second = versionOf(300, first.manifest.files.slice(0, 250))
  await publish(lake, second)
  await exportDelta(await lakeOver(storage))
  const root = `tables/${notebook}/${table}/`
  const active = replayed(await deltaLogs(storage), root)
  const paths = second.manifest.files.map(({ key }) => key.slice(root.length))
  expect(active.at(-1)).toBe(paths.toSorted().join())
})
