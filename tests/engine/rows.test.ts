import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AnyColumn, Columns } from '../../src/contract/column.ts'
import { renderQuery } from '../../src/contract/render.ts'
import { t } from '../../src/contract/types.ts'
import {
  contract,
  handle,
  openRig,
  parquetInput,
  problemsIn,
  queryAll,
  readAll,
  rowsOf,
  sql,
  withSession,
  writeQuery,
  writeRows,
  type Rig,
} from './kit.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterAll(() => rig.close())

/** Writes values of one column and reads them back. */
async function around(column: AnyColumn, values: readonly unknown[]): Promise<unknown[]> {
  const types = { n: t.integer(), x: column.nullable() as AnyColumn }
  const file = await writeRows(
    rig,
    contract('t', types),
    values.map((x, n) => ({ n, x })),
  )
  const rows = await readAll(rig, parquetInput('r', types, [file]))
  return rows.toSorted((a, b) => Number(a['n']) - Number(b['n'])).map(({ x }) => x)
}

describe('values come back as they went in', () => {
  it.each<[string, AnyColumn, readonly unknown[]]>([
    ['BOOLEAN', t.boolean(), [true, false, null]],
    ['TINYINT', t.tinyint(), [-128, 127, 0, null]],
    ['SMALLINT', t.smallint(), [-32768, 32767, null]],
    ['INTEGER', t.integer(), [-2147483648, 2147483647, null]],
    ['BIGINT', t.bigint(), [-(2n ** 63n), 2n ** 63n - 1n, 9007199254740993n, null]],
    ['BIGINT as number', t.bigint().asNumber(), [Number.MAX_SAFE_INTEGER, -5, null]],
    ['FLOAT', t.float(), [0.5, -1.25, Infinity, NaN, null]],
    ['DOUBLE', t.double(), [0.1, -1e300, 5e-324, -Infinity, NaN, null]],
    ['DECIMAL(4,1)', t.decimal(4, 1), ['999.9', '-0.1', '0.0', null]],
    ['DECIMAL(18,4)', t.decimal(18, 4), ['12345678901234.5678', '-0.0001', null]],
    [
      'DECIMAL(38,10)',
      t.decimal(38, 10),
      ['1234567890123456789012345678.0123456789', '-9999999999999999999999999999.9999999999', null],
    ],
    ['DECIMAL(5,0)', t.decimal(5, 0), ['99999', '-1', null]],
    ['DECIMAL as number', t.decimal(10, 2).asNumber(), [1.25, -0.01, null]],
    ['VARCHAR', t.varchar(), ['', 'a', 'it\'s "q"', 'é😀\0\n', 'x'.repeat(100_000), null]],
    ['JSON', t.json(), ['{"a":[1,null]}', '"x"', null]],
    ['BLOB', t.blob(), [new Uint8Array([]), new Uint8Array([0, 255, 10]), null]],
    [
      'UUID',
      t.uuid(),
      [
        '00000000-0000-0000-0000-000000000000',
        'ffffffff-ffff-ffff-ffff-ffffffffffff',
        '12345678-1234-5678-9abc-def012345678',
        null,
      ],
    ],
    ['DATE', t.date(), [new Date('1582-10-15'), new Date('2020-02-29'), new Date('9999-12-31'), null]],
    ['TIME', t.time(), ['00:00:00', '23:59:59.999999', '12:34:56.7', null]],
    [
      'TIMESTAMP',
      t.timestamp(),
      [
        new Date('0001-01-01'),
        new Date('2020-01-01T01:02:03.456Z'),
        new Date('9999-12-31T23:59:59.999Z'),
        null,
      ],
    ],
    ['TIMESTAMP in microseconds', t.timestamp().micros(), [1577836800123456n, -1n, null]],
    ['TIMESTAMP WITH TIME ZONE', t.timestamptz(), [new Date('2020-01-01T01:02:03.456Z'), null]],
    ['INTEGER[]', t.list(t.integer()), [[], [1, null, 2], null]],
    ['DECIMAL(10,2)[][]', t.list(t.list(t.decimal(10, 2))), [[['1.50'], []], null]],
    [
      'STRUCT',
      t.struct({ a: t.bigint(), 'b "c"': t.timestamp(), l: t.list(t.varchar()) }),
      [{ a: 1n, 'b "c"': new Date(5), l: ['x'] }, { a: null, 'b "c"': null, l: null }, null],
    ],
  ])('%s', async (_, column, values) => {
    expect(await around(column, values)).toEqual(values)
  })

  it('in more rows than a chunk holds', async () => {
    const values = Array.from({ length: 5000 }, (_, at) => (at % 7 === 0 ? null : `v${at}`))
    expect(await around(t.varchar(), values)).toEqual(values)
  })
})

describe('rows of a query', () => {
  it('have the types of the query', async () => {
    const [row] = await queryAll(
      rig,
      sql`SELECT 1 AS i, 2::BIGINT AS b, 3::HUGEINT AS h, 1.50 AS d, 'x' AS s, DATE '2020-01-01' AS day, TIMESTAMP '2020-01-01 01:02:03' AS stamp,
          INTERVAL 1 DAY AS span, 'a'::ENUM('a') AS e, MAP {'k': 1} AS m, NULL AS nothing, [1, 2]::INTEGER[2] AS arr`,
    )
    expect(row).toEqual({
      i: 1,
      b: 2n,
      h: 3n,
      d: '1.50',
      s: 'x',
      day: new Date('2020-01-01'),
      stamp: new Date('2020-01-01T01:02:03Z'),
      span: '1 day',
      e: 'a',
      m: [{ key: 'k', value: 1 }],
      nothing: null,
      arr: [1, 2],
    })
  })

  it('keep the order that the query asks for', async () => {
    const rows = await queryAll(rig, sql`SELECT (i * 7919) % 100003 AS x FROM range(100003) t(i) ORDER BY x`)
    expect(rows.every(({ x }, at) => x === BigInt(at))).toBe(true)
  })

  it('keep columns of one name apart', async () => {
    const batches = await withSession(rig, {}, async (session) => {
      const list = []
      for await (const batch of session.query(renderQuery(sql`SELECT 1 AS a, 2 AS a`))) list.push(batch)
      return list
    })
    expect(batches).toEqual([{ rows: 1, names: ['a', 'a'], columns: [[1], [2]] }])
  })

  it('can be read while rows are inserted and other queries run', async () => {
    const source = await writeRows(
      rig,
      contract('t', { id: t.integer() }),
      Array.from({ length: 10_000 }, (_, id) => ({ id })),
    )
    const folder = await rig.fresh()
    const request = {
      inputs: [parquetInput('r', { id: t.integer() }, [source])],
      outputs: [{ handle: 'o', table: contract('o', { id: t.integer() }), folder }],
    }
    const staged = await withSession(rig, request, async (session) => {
      let most = 0n
      for await (const { columns } of session.read('r')) {
        await session.insert(
          'o',
          columns[0]!.map((id) => ({ id })),
        )
        const [row] = await rowsOf(
          session.query(renderQuery(sql`SELECT max(id)::BIGINT AS most FROM ${handle('r')}`)),
        )
        most = row!['most'] as bigint
      }
      expect(most).toBe(9999n)
      return session.finish()
    })
    expect(staged[0]!.rows).toBe(10_000)
  })

  it('can be left before their end', async () => {
    await withSession(rig, {}, async (session) => {
      for await (const { columns } of session.query(renderQuery(sql`SELECT i FROM range(10000000) t(i)`))) {
        expect(columns[0]![0]).toBe(0n)
        break
      }
      expect(await rowsOf(session.query(renderQuery(sql`SELECT 1 AS x`)))).toEqual([{ x: 1 }])
    })
  })
})

describe('a value that JavaScript would lose something of', () => {
  it.each<[string, AnyColumn, string, RegExp]>([
    ['microseconds in a TIMESTAMP', t.timestamp(), "TIMESTAMP '2020-01-01 00:00:00.000001'", /microseconds/],
    [
      'microseconds in a list',
      t.list(t.timestamp()),
      "[TIMESTAMP '2020-01-01 00:00:00.000001']",
      /microseconds/,
    ],
    [
      'microseconds of the year 4000',
      t.timestamp(),
      "TIMESTAMP '4000-01-01 00:00:00.000001'",
      /microseconds/,
    ],
    ['infinity', t.timestamp(), "TIMESTAMP 'infinity'", /outside/],
    ['an unsafe BIGINT as number', t.bigint().asNumber(), '9007199254740993', /without loss/],
    [
      'an unsafe DECIMAL as number',
      t.decimal(38, 2).asNumber(),
      "'12345678901234567.89'::DECIMAL(38,2)",
      /without loss/,
    ],
  ])('is a Problem that names the column: %s', async (_, column, text, message) => {
    const types: Columns = { x: column }
    const { Sql } = await import('../../src/contract/sql.ts')
    const { path } = await writeQuery(rig, contract('t', types), new Sql([`SELECT ${text} AS x`], []))
    const problems = await problemsIn(readAll(rig, parquetInput('trips', types, [path])))
    expect(problems.map(({ code }) => code)).toEqual(['contract/lossy'])
    expect(problems[0]!.message).toMatch(/^input table 'trips': column 'x'/)
    expect(problems[0]!.message).toMatch(message)
  })
})
