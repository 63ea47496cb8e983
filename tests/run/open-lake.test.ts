import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { problemsOf } from '../../src/base/problem.ts'
import { openLake } from '../../src/run/open-lake.ts'
import { emptyProject, publishTable } from './lake-rig.ts'

const columns = [
  { name: 'id', type: 'BIGINT', nullable: false },
  { name: 'fare', type: 'DECIMAL(10,2)', nullable: true },
  { name: 'at', type: 'TIMESTAMP', nullable: false },
]
const rows = `SELECT i::BIGINT AS id, (i / 4)::DECIMAL(10,2) AS fare, TIMESTAMP '2026-01-01 00:00:00' AS at FROM range(3) r(i)`

async function codesOf(promise: Promise<unknown>): Promise<string[]> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  return (problemsOf(thrown) ?? []).map(({ code, message, hint }) => `${code}: ${message}; ${hint ?? ''}`)
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

test('a lake that was never written is empty, and looking creates nothing', async () => {
  const root = await emptyProject()
  await using lake = await opened(root)
  expect(await lake.tables()).toEqual([])
  expect(await lake.runs()).toEqual([])
  expect(await all(lake.history())).toEqual([])
  expect(lake.where).toBe(path.join(root, 'storage/lake'))
  expect(existsSync(path.join(root, 'storage'))).toBe(false)
  expect(await codesOf(lake.table('silver.trips').files())).toEqual([
    `project/unknown: environment 'dev' has no table 'silver.trips' (in ${lake.where}); ` +
      "nothing was ever written to environment 'dev': `sluice run` does",
  ])
})

test('tables are listed by name, with what the log says of them', async () => {
  const root = await emptyProject()
  const trips = await publishTable(root, 'silver.trips', columns, rows)
  await publishTable(root, 'bronze.raw', columns, rows)
  await using lake = await opened(root)
  const tables = await lake.tables()
  expect(tables.map(({ name }) => name)).toEqual(['bronze.raw', 'silver.trips'])
  expect(tables[1]).toMatchObject({
    notebook: 'notebooks/silver/trips.ts',
    version: trips,
    seq: 1,
    rows: 3,
    files: 1,
  })
  expect(Math.abs(Date.parse(tables[1]?.updatedAt ?? '') - Date.now())).toBeLessThan(60_000)
})

test('a table gives its files and schema, of the version that is asked for', async () => {
  const root = await emptyProject()
  const first = await publishTable(root, 'silver.trips', columns, rows)
  await publishTable(root, 'silver.trips', columns, `${rows} WHERE i < 2`)
  await using lake = await opened(root)
  const [file = ''] = await lake.table('silver.trips@1').files()
  expect(file).toContain(first)
  expect((await readFile(file)).subarray(0, 4).toString()).toBe('PAR1')
  expect((await lake.table('silver.trips').info()).seq).toBe(2)
  expect((await lake.table(`silver.trips@${first}`).info()).rows).toBe(3)
  expect(await lake.table('silver.trips').schema()).toEqual(columns)
})

test('an unknown table or version is a problem that says what is near', async () => {
  const root = await emptyProject()
  await publishTable(root, 'silver.trips', columns, rows)
  await using lake = await opened(root)
  expect(await codesOf(lake.table('silver.trip').info())).toEqual([
    `project/unknown: environment 'dev' has no table 'silver.trip' (in ${lake.where}); did you mean 'silver.trips'?`,
  ])
  expect((await codesOf(lake.table('silver.trips@7').info()))[0]).toMatch(/^storage\/version-unknown/)
  expect((await codesOf(lake.table('a b').info()))[0]).toMatch(/^contract\/name-invalid/)
  expect((await codesOf(all(lake.history('nope'))))[0]).toMatch(/^project\/unknown/)
})

test('the history names the commits of a table, newest first', async () => {
  const root = await emptyProject()
  await publishTable(root, 'silver.trips', columns, rows)
  await publishTable(root, 'bronze.raw', columns, rows)
  await publishTable(root, 'silver.trips', columns, rows)
  await using lake = await opened(root)
  expect((await all(lake.history())).map(({ number }) => number)).toEqual([3, 2, 1])
  expect((await all(lake.history('silver.trips'))).map(({ number }) => number)).toEqual([3, 1])
  expect((await all(lake.history(undefined, { limit: 1 }))).length).toBe(1)
})

test('rows are read without loss', async () => {
  const root = await emptyProject()
  const large = `SELECT 9007199254740993::BIGINT AS id, '12345678.90'::DECIMAL(10,2) AS fare, TIMESTAMP '2026-01-01 00:00:00.123' AS at`
  await publishTable(root, 'silver.trips', columns, large)
  await using lake = await opened(root)
  expect(await all(lake.table('silver.trips').rows())).toEqual([
    { id: 9007199254740993n, fare: '12345678.90', at: new Date('2026-01-01T00:00:00.123Z') },
  ])
})

test('a query sees the tables by their names', async () => {
  const root = await emptyProject()
  await publishTable(root, 'silver.trips', columns, rows)
  await publishTable(root, 'bronze.raw', columns, rows)
  await using lake = await opened(root)
  const result = await lake.query('SELECT count(*) AS n FROM silver.trips JOIN bronze.raw USING (id)')
  expect(result.columns.map(({ name }) => name)).toEqual(['n'])
  expect(await all(result.rows)).toEqual([[3n]])
})

test('a query cannot read files or leave the tables', async () => {
  const root = await emptyProject()
  await publishTable(root, 'silver.trips', columns, rows)
  await using lake = await opened(root)
  for (const sql of [
    "SELECT * FROM read_text('/etc/passwd')",
    'SELECT 1; SELECT 2',
    "COPY silver.trips TO '/tmp/x.csv'",
  ]) {
    expect(await codesOf(lake.query(sql).then(({ rows: given }) => all(given)))).not.toEqual([])
  }
})

test('equal rows have equal digests, whatever their order', async () => {
  const root = await emptyProject()
  await publishTable(root, 'a.one', columns, `${rows} ORDER BY i`)
  await publishTable(root, 'a.two', columns, `${rows} ORDER BY i DESC`)
  await publishTable(root, 'a.three', columns, `${rows} WHERE i > 0`)
  await using lake = await opened(root)
  const digest = await lake.digest('a.one')
  expect(await lake.digest('a.two')).toBe(digest)
  expect(await lake.digest('a.three')).not.toBe(digest)
})

/** An open lake that is closed at the end of its test. */
async function opened(root: string) {
  const lake = await openLake({ projectRoot: root })
  return { ...lake, [Symbol.asyncDispose]: () => lake.close() }
}
