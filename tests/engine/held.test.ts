import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { renderQuery } from '../../src/contract/render.ts'
import { t } from '../../src/contract/types.ts'
import type { StagedOutput } from '../../src/engine/engine.ts'
import type { HeldFile, HeldRows } from '../../src/engine/held-rows.ts'
import {
  contract,
  handle,
  openRig,
  parquetInput,
  problemsIn,
  readAll,
  sql,
  told,
  withSession,
  type Rig,
} from './kit.ts'

const columns = {
  id: t.integer(),
  name: t.varchar().nullable(),
  price: t.decimal(10, 2).nullable(),
  at: t.timestamp().nullable(),
  ok: t.boolean().nullable(),
  tags: t.list(t.varchar()).nullable(),
}
const people = contract('silver.people', columns, { key: ['id'] })

let rig: Rig
beforeAll(async () => (rig = await openRig()))
afterAll(() => rig.close())

type Row = { readonly id: number } & Readonly<Record<string, unknown>>

const empty = { name: null, price: null, at: null, ok: null, tags: null }

/** Writes rows onto what is held; gives what was staged, and the rows of all files that stay or are new. */
async function write(rows: readonly Row[], held?: HeldRows, gone: readonly number[] = []) {
  const folder = await rig.fresh()
  const output = { handle: 'out', table: people, folder, ...(held && { held }) }
  const staged = await withSession(rig, { outputs: [output] }, async (session) => {
    await session.insert(
      'out',
      rows.map((row) => ({ ...empty, ...row })),
    )
    for (const id of gone) await session.takeOut('out', renderQuery(sql`SELECT ${id}::INTEGER AS id`))
    return (await session.finish())[0] as StagedOutput
  })
  const stay = staged.kept?.map((at) => held?.files[at]?.path ?? '') ?? []
  const files = [...stay, ...staged.files.map(({ name }) => path.join(folder, name))]
  const found = await readAll(rig, parquetInput('out', columns, files))
  return { staged, files, ids: found.map(({ id }) => Number(id)).toSorted((a, b) => a - b), rows: found }
}

async function heldFile(rows: readonly Row[]): Promise<HeldFile> {
  const { staged, files } = await write(rows)
  return { path: files[0] ?? '', rows: staged.rows, bytes: staged.bytes, stats: staged.stats }
}

test('rows are appended beside the files that are held, with statistics of all of them', async () => {
  const one = [
    { id: 9, name: 'b', price: '10.00', at: new Date('2026-01-02T00:00:00Z'), ok: true },
    { id: 100, price: '9.50' },
  ]
  const two = [
    { id: 1000, name: 'a', price: '-1.00', at: new Date('2025-12-31T00:00:00Z'), ok: false, tags: ['x'] },
  ]
  const { staged, ids } = await write(two, { mode: 'append', files: [await heldFile(one)] })
  expect(ids).toEqual([9, 100, 1000])
  expect(staged.kept).toEqual([0])
  expect(staged.files.map(({ rows }) => rows)).toEqual([1])
  expect(staged.rows).toBe(3)
  const { staged: whole } = await write([...one, ...two])
  expect(staged.stats).toEqual(whole.stats)
  expect(staged.fileStats).toEqual((await write(two)).staged.stats)
})

test('without new rows, only what is held stays', async () => {
  const { staged } = await write([], { mode: 'append', files: [await heldFile([{ id: 1 }])] })
  expect(staged).toMatchObject({ files: [], kept: [0], rows: 1 })
})

test('many files, and those whose statistics are not known, are written as one', async () => {
  const files = await Promise.all(Array.from({ length: 50 }, (_, id) => heldFile([{ id }])))
  const { staged, ids } = await write([{ id: 50 }], { mode: 'append', files })
  expect(staged).toMatchObject({ kept: [], rows: 51 })
  expect(ids).toEqual(Array.from({ length: 51 }, (_, id) => id))
  const fewer = files.slice(0, 49)
  expect((await write([{ id: 50 }], { mode: 'append', files: fewer })).staged.kept).toHaveLength(49)
  const { stats: _, ...unknown } = files[0] ?? { path: '', rows: 0, bytes: 0 }
  const again = await write([{ id: 9 }], { mode: 'append', files: [unknown, ...files.slice(1, 3)] })
  expect(again.staged.kept).toEqual([1, 2])
  expect(again.ids).toEqual([0, 1, 2, 9])
})

test('merged rows replace those of their key, deleted keys go first, and other files stay', async () => {
  const files = [
    await heldFile([{ id: 1, name: 'a' }, { id: 2 }]),
    await heldFile([{ id: 3 }]),
    await heldFile([{ id: 4 }, { id: 5 }]),
  ]
  const { staged, ids, rows } = await write(
    [{ id: 1, name: 'z' }, { id: 6 }],
    { mode: 'merge', files },
    [4, 7],
  )
  expect(staged.kept).toEqual([1])
  expect(ids).toEqual([1, 2, 3, 5, 6])
  expect(rows.find(({ id }) => id === 1)?.['name']).toBe('z')
  expect((await write([{ id: 8 }], { mode: 'merge', files })).staged.kept).toEqual([0, 1, 2])
  expect((await write([], { mode: 'merge', files: files.slice(1, 2) }, [3])).ids).toEqual([])
})

test('keys of old and new rows are held against each other', async () => {
  const files = [await heldFile([{ id: 1 }, { id: 2 }])]
  const key = [
    "contract/key: output table 'silver.people': 1 value of the key (id) stands in more than one row",
  ]
  const faults = async (rows: readonly Row[], mode: HeldRows['mode']) =>
    told(await problemsIn(write(rows, { mode, files }))).map((text) =>
      text.split('\n')[0]?.slice(0, key[0]?.length),
    )
  expect(await faults([{ id: 2 }, { id: 3 }], 'append')).toEqual(key)
  expect(await faults([{ id: 3 }, { id: 3 }], 'append')).toEqual(key)
  expect(await faults([{ id: 3 }, { id: 3 }], 'merge')).toEqual(key)
})

test('queries of deletes give the columns of the key, also where nothing is held', async () => {
  const output = { handle: 'out', table: people, folder: await rig.fresh() }
  const inputs = [parquetInput('raw', columns, [(await heldFile([{ id: 1 }])).path])]
  const faults = await withSession(rig, { inputs, outputs: [output] }, (session) =>
    problemsIn(session.takeOut('out', renderQuery(sql`SELECT name FROM ${handle('raw')}`))),
  )
  expect(faults.map(({ code }) => code)).toEqual(['contract/column-missing', 'contract/column-extra'])
})
