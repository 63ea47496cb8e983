import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashFile } from '../../src/base/file-hash.ts'
import { renderQuery } from '../../src/contract/render.ts'
import { Sql } from '../../src/contract/sql.ts'
import { t } from '../../src/contract/types.ts'
import type { EngineProblem } from '../../src/engine/analysis.ts'
import {
  contract,
  handle,
  openRig,
  parquetInput,
  problemsIn,
  queryAll,
  readAll,
  sql,
  told,
  withSession,
  writeQuery,
  writeRows,
  type Rig,
} from './kit.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig(4)
})
afterAll(() => rig.close())

/** A query without values. */
const plain = (text: string) => new Sql([text], [])

describe('a written table', () => {
  it('keeps whole numbers of 32 bits plainly where differences of neighbours would not fit', async () => {
    const columns = {
      far: t.integer(),
      near: t.integer(),
      big: t.bigint(),
      money: t.decimal(9, 2),
      deep: t.list(t.struct({ n: t.integer() })),
    }
    const encodings = async (far: string, money: string, deep: string) => {
      const staged = await writeQuery(
        rig,
        contract('t', columns),
        sql`SELECT ${plain(far)} AS far, i::INTEGER AS near, i AS big, ${plain(money)} AS money, [{'n': ${plain(deep)}}] AS deep
            FROM range(1000) t(i)`,
      )
      expect(staged.stats['far']?.nulls).toBe(0)
      expect(await readdir(path.dirname(staged.path))).toEqual(['part-0.parquet'])
      const connection = await (await DuckDBInstance.create(':memory:')).connect()
      const found = await connection.runAndReadAll(
        `SELECT DISTINCT encodings, (SELECT sum(near) FROM '${staged.path}')::INTEGER FROM parquet_metadata('${staged.path}')`,
      )
      const rows = found.getRows()
      expect(rows.every(([, sum]) => sum === 499_500)).toBe(true)
      return rows.some(([encoding]) => String(encoding).includes('DELTA_BINARY_PACKED'))
    }
    const near = ['(i * 2147483)::INTEGER', '(i / 10)::DECIMAL(9, 2)', 'i::INTEGER'] as const
    const far = `(i * 4294967 - 2147483648)::INTEGER`
    expect(await encodings(...near)).toBe(true)
    expect(await encodings(far, near[1], near[2])).toBe(false)
    expect(await encodings(near[0], '((i - 500) * 19999.99)::DECIMAL(9, 2)', near[2])).toBe(true)
    expect(await encodings(near[0], near[1], far)).toBe(false)
  })

  it('is one Parquet file with its rows, bytes, hash and statistics', async () => {
    const table = contract('t', {
      id: t.bigint(),
      name: t.varchar().nullable(),
      x: t.double().nullable(),
      ok: t.boolean(),
      tags: t.list(t.integer()).nullable(),
    })
    const staged = await writeQuery(
      rig,
      table,
      sql`SELECT i AS id, CASE WHEN i > 0 THEN 'n' || i END AS name, CASE WHEN i = 1 THEN 'NaN'::DOUBLE ELSE i END AS x,
          i > 0 AS ok, CASE WHEN i > 1 THEN [i::INTEGER, NULL] END AS tags FROM range(3) t(i)`,
    )
    const { size } = await stat(staged.path)
    expect(staged.files).toEqual([
      { name: 'part-0.parquet', rows: 3, bytes: size, hash: await hashFile(staged.path) },
    ])
    expect(staged).toMatchObject({ handle: 'out', rows: 3, bytes: size })
    expect(staged.stats).toEqual({
      id: { nulls: 0, min: '0', max: '2' },
      name: { nulls: 1, min: 'n1', max: 'n2' },
      x: { nulls: 0, min: '0.0', max: '2.0' },
      ok: { nulls: 0, min: 'false', max: 'true' },
      tags: { nulls: 2 },
    })
  })

  it('has the columns of the contract in its order, whatever the query says', async () => {
    const table = contract('t', { b: t.varchar(), a: t.integer() })
    const { path: file } = await writeQuery(rig, table, sql`SELECT 1 AS a, 'x' AS b`)
    const [row] = await readAll(rig, parquetInput('r', { b: t.varchar(), a: t.integer() }, [file]))
    expect(Object.keys(row!)).toEqual(['b', 'a'])
  })

  it('keeps the order that its query asks for', async () => {
    const table = contract('t', { x: t.bigint(), pad: t.varchar() }, { checks: ['x >= 0'] })
    const { path: file } = await writeQuery(
      rig,
      table,
      sql`SELECT (i * 7919) % 400009 AS x, repeat('a', 20) AS pad FROM range(400009) t(i) ORDER BY x`,
    )
    const rows = await queryAll(rig, sql`SELECT x FROM ${handle('r')}`, [
      parquetInput('r', { x: t.bigint() }, [file]),
    ])
    // Reading is unordered; within what one thread reads in one piece, neighbours are neighbours.
    let steps = 0
    for (let at = 1; at < rows.length; at++)
      if (Number(rows[at]!['x']) === Number(rows[at - 1]!['x']) + 1) steps++
    expect(rows).toHaveLength(400_009)
    expect(steps).toBeGreaterThan(400_009 * 0.99)
  })

  it('is an empty file with the right columns when there are no rows', async () => {
    const types = { id: t.bigint(), at: t.timestamp().nullable(), tags: t.list(t.varchar()) }
    const staged = await writeQuery(
      rig,
      contract('t', types, { key: ['id'] }),
      sql`SELECT 1 AS id, NULL AS "at", ['x'] AS tags WHERE false`,
    )
    expect(staged).toMatchObject({
      rows: 0,
      stats: { id: { nulls: 0 }, at: { nulls: 0 }, tags: { nulls: 0 } },
    })
    expect(await readAll(rig, parquetInput('r', types, [staged.path]))).toEqual([])
    const [type] = await queryAll(
      rig,
      sql`SELECT typeof(max(id)) AS id, typeof(max("at")) AS "at" FROM ${handle('r')}`,
      [parquetInput('r', types, [staged.path])],
    )
    expect(type).toEqual({ id: 'BIGINT', at: 'TIMESTAMP' })
  })

  it('keeps sums of whole numbers exact', async () => {
    const { path: file } = await writeQuery(
      rig,
      contract('t', { total: t.bigint() }),
      sql`SELECT sum(x) AS total FROM (VALUES (9007199254740992), (1)) t(x)`,
    )
    expect(await readAll(rig, parquetInput('r', { total: t.bigint() }, [file]))).toEqual([
      { total: 9007199254740993n },
    ])
  })

  it('takes names with quotes, commas and the words of SQL', async () => {
    const types = { 'a "b"': t.integer(), select: t.varchar(), "it's; --": t.double(), q: t.integer() }
    const rows = [{ 'a "b"': 1, select: 'x', "it's; --": 1.5, q: 2 }]
    const table = contract('t', types, { key: ['a "b"', 'select'], checks: ['"a ""b""" > 0'] })
    const file = await writeRows(rig, table, rows)
    expect(await readAll(rig, parquetInput('r', types, [file]))).toEqual(rows)
    const again = await writeQuery(rig, table, sql`SELECT * FROM ${handle('r')}`, {
      inputs: [parquetInput('r', types, [file])],
    })
    expect(again.stats['a "b"']).toEqual({ nulls: 0, min: '1', max: '1' })
  })

  it('gathers several writes, inserts and rows of both', async () => {
    const folder = await rig.fresh()
    const types = { id: t.integer() }
    const ids = await withSession(
      rig,
      { outputs: [{ handle: 'o', table: contract('t', types), folder }] },
      async (session) => {
        await session.write('o', renderQuery(sql`SELECT 1 AS id`))
        await session.insert('o', [{ id: 2 }])
        await session.write('o', renderQuery(sql`SELECT 3 AS id`))
        await session.insert('o', [{ id: 4 }, { id: 5 }])
        await session.empty('o')
        const [staged] = await session.finish()
        return readAll(rig, parquetInput('r', types, [path.join(folder, staged!.files[0]!.name)]))
      },
    )
    expect(ids.map(({ id }) => Number(id)).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5])
    expect(await readdir(folder)).toEqual(['part-0.parquet'])
  })

  it('may be said to be empty, but not left out', async () => {
    const outputs = await Promise.all(
      ['a', 'b', 'c'].map(async (name) => ({
        handle: name,
        table: contract(name, { id: t.integer() }),
        folder: await rig.fresh(),
      })),
    )
    const problems = await problemsIn(
      withSession(rig, { outputs }, async (session) => {
        await session.empty('b')
        await session.finish()
      }),
    )
    expect(told(problems)).toEqual([
      "step/output-unwritten: output table 'a' was not written",
      "step/output-unwritten: output table 'c' was not written",
    ])
  })
})

describe('a query that fails by itself', () => {
  it.each([
    ["SELECT CAST('x' AS INTEGER) AS id", 'query/failed', 7],
    [
      "SELECT CASE WHEN i = 9000 THEN error('no') ELSE i END AS id FROM range(10000) t(i)",
      'query/failed',
      undefined,
    ],
    ['SELECT CAST(i AS TINYINT) AS id FROM range(1000) t(i)', 'query/failed', 7],
  ] as const)('is told with its place: %s', async (text, code, offset) => {
    const [problem] = (await problemsIn(
      writeQuery(rig, contract('t', { id: t.bigint() }), plain(text)),
    )) as readonly EngineProblem[]
    expect(problem!.code).toBe(code)
    if (offset !== undefined) expect(problem!.query).toMatchObject({ offset, text })
  })

  it('is told when rows are streamed, however late it fails', async () => {
    for (const text of [
      "SELECT CASE WHEN i = 900000 THEN error('boom') ELSE i END AS x FROM range(1000000) t(i)",
      'SELECT CASE WHEN i = 900000 THEN 9223372036854775807 ELSE i END + 1 AS x FROM range(1000000) t(i)',
    ]) {
      expect((await problemsIn(queryAll(rig, plain(text)))).map(({ code }) => code)).toEqual(['query/failed'])
    }
  })

  it('leaves nothing but what was staged', async () => {
    const folder = await rig.fresh()
    await problemsIn(
      withSession(
        rig,
        { outputs: [{ handle: 'o', table: contract('t', { id: t.integer().check('id > 0') }), folder }] },
        async (session) => {
          await session.write('o', renderQuery(sql`SELECT 0 AS id`))
          await session.finish()
        },
      ),
    )
    expect((await readdir(folder)).filter((name) => !name.startsWith('part-'))).toEqual([])
  })
})

it('writes a file that starts and ends as Parquet does', async () => {
  const { path: file } = await writeQuery(rig, contract('t', { id: t.integer() }), sql`SELECT 1 AS id`)
  const bytes = await readFile(file)
  expect([bytes.subarray(0, 4).toString(), bytes.subarray(-4).toString()]).toEqual(['PAR1', 'PAR1'])
})
