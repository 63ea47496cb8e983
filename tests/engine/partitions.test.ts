import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderQuery } from '../../src/contract/render.ts'
import type { Columns } from '../../src/contract/column.ts'
import type { Sql } from '../../src/contract/sql.ts'
import type { DeclaredTable } from '../../src/contract/spec.ts'
import { t } from '../../src/contract/types.ts'
import type { OutputTarget, StagedOutput, StandingPartition } from '../../src/engine/engine.ts'
import {
  contract,
  openRig,
  parquetInput,
  problemsIn,
  readAll,
  sql,
  told,
  withSession,
  type Rig,
} from './kit.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig(2)
})
afterAll(() => rig.close())

const columns = { id: t.bigint(), month: t.varchar(), n: t.integer() }
const months = contract('t', columns, { partitionBy: ['month'] })

type Staged = StagedOutput & { readonly folder: string }

async function write(table: DeclaredTable, query: Sql, more: Partial<OutputTarget> = {}): Promise<Staged> {
  const folder = await rig.fresh()
  const output = { handle: 'out', table, folder, ...more }
  return withSession(rig, { outputs: [output] }, async (session) => {
    await session.write('out', renderQuery(query))
    const [staged] = await session.finish()
    return { ...staged!, folder }
  })
}

/** The rows of each file, by the values of its partition. */
async function rowsOf({ files, folder }: Staged, of: Columns = columns): Promise<Record<string, object[]>> {
  const found: Record<string, object[]> = {}
  for (const { name, partition = [] } of files)
    found[partition.join('|')] = await readAll(rig, parquetInput('x', of, [path.join(folder, name)]))
  return found
}

const many = (partitions: number, rows: number) =>
  sql`SELECT i AS id, 'm' || (i % ${partitions}) AS month, (i * 7 % 11)::INTEGER AS n FROM range(${rows}) r(i) ORDER BY i DESC`

describe('a partitioned table', () => {
  it.each([1, 3, 40])(
    'has a file for each of %d partitions, and nothing else in its folder',
    async (count) => {
      const staged = await write(months, many(count, 500))
      expect(staged.files).toHaveLength(count)
      expect((await readdir(staged.folder)).toSorted()).toEqual(
        staged.files.map(({ name }) => name).toSorted(),
      )
      expect(staged.rows).toBe(500)
      expect(staged.files.reduce((sum, { rows }) => sum + rows, 0)).toBe(500)
      expect(staged.partitions?.map(({ values }) => values)).toEqual(
        staged.files.map(({ partition }) => partition),
      )
      for (const [month, rows] of Object.entries(await rowsOf(staged))) {
        const ids = rows.map((row) => Number((row as { id: bigint }).id))
        expect(ids.every((id) => `m${id % count}` === month)).toBe(true)
        // In the order of the query.
        expect(ids).toEqual(ids.toSorted((a, b) => b - a))
      }
    },
  )

  it('has no partitions when it is empty', async () => {
    const staged = await write(months, many(3, 0))
    expect(staged).toMatchObject({ files: [], partitions: [], rows: 0, bytes: 0 })
    expect(await readdir(staged.folder)).toEqual([])
  })

  it('takes any values: texts that no path could hold, numbers, dates and booleans', async () => {
    const of = { a: t.varchar(), n: t.integer(), d: t.date(), b: t.boolean() }
    const table = contract('t', of, { partitionBy: ['a', 'n', 'd', 'b'] })
    const long = 'x'.repeat(400)
    const staged = await write(
      table,
      sql`SELECT * FROM (VALUES ('', -1, DATE '2024-02-29', true), ('a/../b=c', 10, DATE '2024-02-29', false),
        ('NULL', 9, DATE '2024-02-29', false), (${long}, 2, DATE '1999-12-31', true)) v(a, n, d, b)`,
    )
    expect(staged.partitions?.map(({ values }) => values)).toEqual([
      ['', '-1', '2024-02-29', 'true'],
      ['NULL', '9', '2024-02-29', 'false'],
      ['a/../b=c', '10', '2024-02-29', 'false'],
      [long, '2', '1999-12-31', 'true'],
    ])
    expect(Object.values(await rowsOf(staged, of)).map((rows) => rows.length)).toEqual([1, 1, 1, 1])
  })

  it('writes only the partitions whose rows are others than those that stand', async () => {
    const first = await write(months, many(20, 200))
    const standing: StandingPartition[] = first.partitions!.map(({ values, digest }) => ({ values, digest }))
    const same = await write(months, sql`${many(20, 200)}`, { standing })
    expect(same.files).toEqual([])
    expect(same.partitions).toEqual(first.partitions)
    // The number of its rows stays as it is.
    const other = await write(
      months,
      sql`SELECT id, month, CASE id WHEN 27 THEN 99 ELSE n END AS n FROM (${many(20, 200)}) ORDER BY id`,
      { standing },
    )
    expect(other.files.map(({ partition }) => partition)).toEqual([['m7']])
    expect(other.rows).toBe(200)
    expect((await rowsOf(other))['m7']).toHaveLength(10)
  })

  it('has the same digests whatever the order of rows and columns', async () => {
    const first = await write(months, many(5, 100))
    const turned = contract(
      't',
      { n: t.integer(), month: t.varchar(), id: t.bigint() },
      { partitionBy: ['month'] },
    )
    const second = await write(turned, sql`SELECT n, month, id FROM (${many(5, 100)}) ORDER BY n`)
    expect(second.partitions).toEqual(first.partitions)
  })

  it('is checked as a whole: keys over all partitions, NULL in a partition column', async () => {
    const keyed = contract('t', columns, { partitionBy: ['month'], key: ['id'] })
    const twice = await problemsIn(
      write(keyed, sql`SELECT 1::BIGINT AS id, m AS month, 1 AS n FROM (VALUES ('a'), ('b')) v(m)`),
    )
    expect(told(twice)).toEqual([expect.stringContaining('contract/key')])
    const nulls = await problemsIn(
      write(months, sql`SELECT 1::BIGINT AS id, nullif('a', 'a') AS month, 1 AS n`),
    )
    expect(told(nulls)).toEqual([expect.stringContaining("column 'month'")])
  })

  it('keeps a column that has the name of a number of rows', async () => {
    const of = { file_row_number: t.bigint(), month: t.varchar() }
    const table = contract('t', of, { partitionBy: ['month'] })
    const staged = await write(
      table,
      sql`SELECT i AS file_row_number, 'm' || (i % 9) AS month FROM range(90) r(i)`,
    )
    const rows = Object.values(await rowsOf(staged, of)).flat() as { file_row_number: bigint }[]
    expect(rows.map((row) => Number(row.file_row_number)).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 90 }, (_, at) => at),
    )
  })

  it('is readable by others where whole numbers lie far apart', async () => {
    const far = sql`SELECT i AS id, 'm' || (i % 6) AS month, (CASE WHEN i % 2 = 0 THEN -2147483648 ELSE 2147483647 END)::INTEGER AS n FROM range(60) r(i)`
    const staged = await write(months, far)
    expect(Object.values(await rowsOf(staged)).flat()).toHaveLength(60)
  })
})
