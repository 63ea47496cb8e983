import { copyFile, mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hashFile } from '../../src/base/file-hash.ts'
import { t } from '../../src/contract/types.ts'
import { openLake, type Lake } from '../../src/lake/lake.ts'
import type { DataFile, Manifest } from '../../src/lake/types.ts'
import { rowsBetween, versionBeside, type BetweenParts } from '../../src/run/rows-between.ts'
import { layout } from '../../src/storage/layout.ts'
import { localStorage } from '../../src/storage/local.ts'
import { contract, declared, openRig, parquetInput, readAll, writeRows, type Rig } from '../engine/kit.ts'

const columns = { id: t.integer(), name: t.varchar().nullable(), tags: t.list(t.varchar()).nullable() }
const table = contract('silver.people', columns)

let rig: Rig
let lake: Lake
let around: BetweenParts
let asked = 0

beforeAll(async () => {
  rig = await openRig()
  lake = await openLake(localStorage(path.join(rig.folder, 'lake')))
  const ask: BetweenParts['pool']['engines']['ask'] = (_op, request) => {
    asked++
    return rig.engine.difference(request as never) as never
  }
  let folders = 0
  around = {
    lake,
    pool: { engines: { ask } as never, tempFolder: () => path.join(rig.folder, `temp-${++folders}`) },
    signal: new AbortController().signal,
  }
})

afterAll(async () => {
  await lake.close()
  await rig.close()
})

type Row = { id: number; name?: string | null; tags?: string[] | null }

let versions = 0

/** Publishes a version of old files and of one with new rows. */
async function version(rows: readonly Row[], old: readonly DataFile[] = []) {
  const id = `0000000000000000000000000${++versions}`
  const key = `${layout.version('x', table.name, id)}part-0.parquet`
  const file = path.join(rig.folder, 'lake', key)
  await mkdir(path.dirname(file), { recursive: true })
  const all = rows.map(({ id: number, name = null, tags = null }) => ({ id: number, name, tags }))
  await copyFile(await writeRows(rig, table, all), file)
  const files = [...old, { key, bytes: 1, rows: rows.length, hash: await hashFile(file) }]
  const manifest: Manifest = {
    format: 1,
    table: table.name,
    version: id,
    notebook: 'notebooks/x.ts',
    fingerprint: 'f',
    createdAt: '2026-01-01T00:00:00.000Z',
    engine: 'duckdb',
    columns: table.columns.map(({ name, type, nullable }) => ({ name, type, nullable })),
    key: [],
    rows: files.reduce((sum, each) => sum + each.rows, 0),
    bytes: files.length,
    files,
    stats: {},
  }
  const at = layout.manifest('x', table.name, id)
  await lake.manifests.write(at, manifest)
  return { version: id, manifest: at, files, path: file }
}

const names = ({ version: id, manifest }: { version: string; manifest: string }) => ({
  version: id,
  manifest,
})

async function between(
  before: { version: string; manifest: string } | undefined,
  after: { version: string; manifest: string },
  picked: readonly string[] = ['id', 'name', 'tags'],
) {
  const seen = declared(columns).filter(({ name }) => picked.includes(name))
  const told = await rowsBetween(around, table.name, before && names(before), names(after), seen)
  if ('unknown' in told) return told.unknown
  const kept = Object.fromEntries(Object.entries(columns).filter(([name]) => picked.includes(name)))
  const rows = async (files: readonly string[]) => {
    const found = await readAll(rig, parquetInput('raw', kept, files))
    return found.map((row) => JSON.stringify(Object.values(row))).toSorted()
  }
  expect((await rows(told.added.files)).length).toBe(told.added.rows)
  expect((await rows(told.removed.files)).length).toBe(told.removed.rows)
  return {
    added: await rows(told.added.files),
    removed: await rows(told.removed.files),
    compared: told.compared,
  }
}

test('rows of new files are added, and nothing is compared', async () => {
  const one = await version([{ id: 1 }, { id: 2 }])
  const two = await version([{ id: 1 }, { id: 3, name: 'c' }], one.files)
  const before = asked
  expect(await between(one, two)).toEqual({
    added: ['[1,null,null]', '[3,"c",null]'],
    removed: [],
    compared: false,
  })
  expect(await between(undefined, one, ['id'])).toMatchObject({ added: ['[1]', '[2]'], removed: [] })
  expect(asked).toBe(before)
})

test('other files are compared as multisets: equal rows, NULL and lists count as they are', async () => {
  const one = await version([{ id: 1 }, { id: 1 }, { id: 2, name: 'b' }, { id: 4, tags: ['x'] }])
  const two = await version([{ id: 1 }, { id: 2, name: 'c' }, { id: 4, tags: ['x'] }, { id: 5 }, { id: 5 }])
  expect(await between(one, two)).toEqual({
    added: ['[2,"c",null]', '[5,null,null]', '[5,null,null]'],
    removed: ['[1,null,null]', '[2,"b",null]'],
    compared: true,
  })
  expect(await between(two, one, ['id'])).toMatchObject({ added: ['[1]'], removed: ['[5]', '[5]'] })
})

test('files that both versions name are not read', async () => {
  const one = await version([{ id: 1 }])
  const two = await version([{ id: 2 }], one.files)
  const three = await version([{ id: 3 }], one.files)
  await rm(one.path)
  expect(await between(two, three, ['id'])).toEqual({ added: ['[3]'], removed: ['[2]'], compared: true })
})

test('an earlier version that is gone, or whose files are, tells nothing', async () => {
  const one = await version([{ id: 1 }])
  const two = await version([{ id: 2 }])
  await rm(one.path)
  expect(await between(one, two)).toBe('a file of its version before is gone or damaged')
  const gone = versionBeside(two, '00000000000000000000000000')
  expect(await between(gone, two)).toBe('its version before is gone or damaged')
  await expect(between(two, one)).rejects.toThrow('missing')
})
