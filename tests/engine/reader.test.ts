import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { t } from '../../src/contract/types.ts'
import { openReader, type Reader } from '../../src/engine/duckdb/reader.ts'
import { contract, listed, openRig, problemsIn, sql, writeQuery, writeRows, type Rig } from './kit.ts'

let rig: Rig
let reader: Reader
let trips: string[]
let zones: string[]
beforeAll(async () => {
  rig = await openRig()
  reader = await openReader({ memory: '500MB', threads: 2, tempFolder: path.join(rig.folder, 'reader') })
  const table = contract('silver.trips', {
    id: t.bigint(),
    fare: t.decimal(10, 2).nullable(),
    at: t.timestamp(),
    tags: t.list(t.varchar()),
  })
  const { path: file } = await writeQuery(
    rig,
    table,
    sql`SELECT i AS id, CASE WHEN i > 0 THEN i / 2::DECIMAL(10,2) END::DECIMAL(10,2) AS fare, TIMESTAMP '2020-01-01 00:00:00.000001' AS "at", ['a', 'b'] AS tags
        FROM range(10) t(i) ORDER BY i`,
  )
  trips = [file]
  zones = [
    await writeRows(rig, contract('zones', { id: t.integer(), name: t.varchar() }), [{ id: 1, name: 'A' }]),
  ]
})
afterAll(async () => {
  await reader.close()
  await rig.close()
})

async function adHoc(
  text: string,
  tables: Record<string, readonly string[]> = { 'silver.trips': trips, zones },
) {
  const { columns, rows } = await reader.adHoc({ text }, listed(tables))
  const list: (readonly unknown[])[] = []
  for await (const row of rows) list.push(row)
  return { columns, rows: list }
}

it('shows the first rows as texts', async () => {
  const { columns, rows, total } = await reader.preview(trips, 1)
  expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
    'id BIGINT',
    'fare DECIMAL(10,2)',
    'at TIMESTAMP',
    'tags VARCHAR[]',
  ])
  expect(rows).toEqual([['0', null, '2020-01-01 00:00:00.000001', "['a', 'b']"]])
  expect(total).toBe(10)
  expect(await reader.preview([], 5)).toEqual({ columns: [], rows: [], total: 0 })
})

it('profiles columns', async () => {
  const [id, fare, , tags] = await reader.profile(trips)
  expect(id).toEqual({ name: 'id', type: 'BIGINT', nulls: 0, distinct: 10, min: '0', max: '9' })
  expect(fare).toMatchObject({ nulls: 1, min: '0.50', max: '4.50' })
  expect(tags).toEqual({ name: 'tags', type: 'VARCHAR[]', nulls: 0, distinct: 1 })
  expect((await reader.profile(trips, ['fare'])).map(({ name }) => name)).toEqual(['fare'])
})

it('gives rows as objects', async () => {
  const rows: object[] = []
  for await (const row of reader.rows(zones, [
    { name: 'id', type: 'INTEGER' },
    { name: 'name', type: 'VARCHAR' },
  ]))
    rows.push(row)
  expect(rows).toEqual([{ id: 1, name: 'A' }])
})

describe('a query of a person', () => {
  it('reads tables by their names, without loss', async () => {
    expect(
      await adHoc('SELECT t.id, fare, "at", tags, z.name FROM silver.trips t JOIN zones z USING (id)'),
    ).toEqual({
      columns: [
        { name: 'id', type: 'BIGINT' },
        { name: 'fare', type: 'DECIMAL(10,2)' },
        { name: 'at', type: 'TIMESTAMP' },
        { name: 'tags', type: 'VARCHAR[]' },
        { name: 'name', type: 'VARCHAR' },
      ],
      rows: [[1n, '0.50', '2020-01-01 00:00:00.000001', ['a', 'b'], 'A']],
    })
  })

  it.each(['a.b.trips', 'a.b.c.trips', 'main.trips'])('finds tables with other names: %s', async (name) => {
    const written = name.split('.').length > 3 ? `"${name}"` : name
    expect((await adHoc(`SELECT count(*) FROM ${written}`, { [name]: trips })).rows).toEqual([[10n]])
  })

  it('may ask the clock', async () => {
    expect((await adHoc('SELECT now() IS NOT NULL')).rows).toEqual([[true]])
  })

  it('keeps the order that it asks for', async () => {
    expect((await adHoc('SELECT id FROM silver.trips ORDER BY id DESC LIMIT 2')).rows).toEqual([[9n], [8n]])
  })

  it.each([
    ["SELECT * FROM '/etc/passwd'", 'query/table-unknown'],
    ['SELECT * FROM trips', 'query/table-unknown'],
    ["SELECT * FROM read_text('/etc/passwd')", 'query/function-forbidden'],
    ['SELECT * FROM enable_logging()', 'query/function-forbidden'],
    ["SELECT getenv('HOME')", 'query/function-forbidden'],
    ['DROP VIEW zones', 'query/statement'],
    ['SELECT 1; SELECT 2', 'query/statement'],
    ["COPY zones TO '/tmp/sluice-out.csv'", 'query/statement'],
    ['SELEC', 'query/parse'],
    ['SELECT nope FROM zones', 'query/bind'],
    ["SELECT CAST('x' AS INTEGER)", 'query/failed'],
  ])('is refused: %s', async (text, code) => {
    expect((await problemsIn(adHoc(text))).map((problem) => problem.code)).toEqual([code])
  })

  it('names the table that was meant', async () => {
    expect((await problemsIn(adHoc('SELECT * FROM silver.trip')))[0]!.hint).toBe(
      "did you mean 'silver.trips'?",
    )
  })

  it('can be left unread', async () => {
    await reader.adHoc({ text: 'SELECT * FROM silver.trips' }, listed({ 'silver.trips': trips }))
  })
})
