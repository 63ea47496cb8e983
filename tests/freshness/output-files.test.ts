import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { lookAtOutput } from '../../src/freshness/output-files.ts'
import { openLake, type Lake } from '../../src/lake/lake.ts'
import type { Head, Manifest } from '../../src/lake/types.ts'
import { StatIndex } from '../../src/notebook/stat-index.ts'
import { headOf } from '../../src/run/new-head.ts'
import { localStorage } from '../../src/storage/local.ts'

const table = 'silver.days'
const older = 'tables/days/silver.days/v1'
const newer = 'tables/days/silver.days/v2'

interface Written {
  readonly root: string
  readonly lake: Lake
  readonly head: Head
  /** Its index; a clock ahead takes what was written a moment ago for old. */
  readonly open: (ahead?: number) => StatIndex
}

/** A version of so many files, of which two lie in the folder of a later version. */
async function written(count: number): Promise<Written> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-outputs-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const root = path.join(folder, 'lake')
  const lake = await openLake(localStorage(root))
  const files = Array.from({ length: count }, (_, at) => ({
    key: `${at < 2 ? newer : older}/part-${at}.parquet`,
    bytes: 1,
    rows: 1,
    hash: 'a'.repeat(64),
    partition: [String(at)],
  }))
  for (const version of [older, newer]) await mkdir(path.join(root, version), { recursive: true })
  for (const { key } of files) await writeFile(path.join(root, key), 'x')
  const manifest: Manifest = {
    format: 1,
    table,
    version: 'v2',
    notebook: 'notebooks/days.ts',
    fingerprint: 'f',
    createdAt: '',
    engine: 'e',
    columns: [],
    key: [],
    rows: count,
    bytes: count,
    files,
    partitionBy: ['day'],
    partitions: files.map(({ partition }) => ({ values: partition, rows: 1 })),
    stats: {},
  }
  const key = `${newer}/manifest.json`
  await lake.manifests.write(key, manifest)
  const head = { ...headOf(manifest, key), seq: 1, commit: 1 }
  const open = (ahead = 60_000) =>
    StatIndex.open(path.join(folder, 'index.json'), 'v1', () => Date.now() + ahead)
  return { root, lake, head, open }
}

test.each([60_000, 0])(
  'a file of very many that is gone is noticed, with a clock %i ms ahead',
  async (ahead) => {
    const { root, lake, head, open } = await written(201)
    const look = (index: StatIndex) => lookAtOutput(lake, table, head, index)
    const index = open(ahead)
    expect(head).toMatchObject({ files: [], many: 201 })
    expect(await look(index)).toBe('good')
    expect(await look(index)).toBe('good')
    await rm(path.join(root, older, 'part-150.parquet'))
    expect(await look(index)).toBe('missing')
    expect(await look(open(ahead))).toBe('missing')
    await writeFile(path.join(root, older, 'part-150.parquet'), 'x')
    expect(await look(index)).toBe('good')
    await rm(path.join(root, newer, 'part-1.parquet'))
    expect(await look(index)).toBe('missing')
  },
)

test('a folder of very many files that is gone is noticed', async () => {
  const { root, lake, head, open } = await written(201)
  const index = open()
  expect(await lookAtOutput(lake, table, head, index)).toBe('good')
  await rm(path.join(root, older), { recursive: true })
  expect(await lookAtOutput(lake, table, head, index)).toBe('missing')
})

test('when no folder changed, neither the manifest is read nor a folder listed', async () => {
  const { root, lake, head, open } = await written(201)
  const index = open()
  expect(await lookAtOutput(lake, table, head, index)).toBe('good')
  index.save()
  const blind: Lake = {
    ...lake,
    version: () => Promise.reject(new Error('the manifest was read')),
  }
  const again = open()
  expect(await lookAtOutput(blind, table, head, again)).toBe('good')
  const folders = again.seen().filter(({ path: seen }) => seen.endsWith('/'))
  expect(folders.map(({ path: seen }) => path.relative(root, seen)).toSorted()).toEqual([older, newer])
  await writeFile(path.join(root, older, 'of-somebody-else'), '')
  await expect(lookAtOutput(blind, table, head, again)).rejects.toThrow('the manifest was read')
  expect(await lookAtOutput(lake, table, head, again)).toBe('good')
  expect(await readdir(path.join(root, older))).toContain('of-somebody-else')
})

test('what was deleted within the tick of a clock is not hidden by stats that were kept too early', async () => {
  const { lake, head, open } = await written(201)
  const index = open(0)
  expect(await lookAtOutput(lake, table, head, index)).toBe('good')
  const kept = index.peek(lake.storage.pathOf(head.manifest) ?? '')?.data['folders']
  expect(kept).toBeUndefined()
  expect(index.seen().filter(({ racy }) => racy).length).toBeGreaterThan(0)
})
