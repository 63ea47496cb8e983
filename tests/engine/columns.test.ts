import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Sql } from '../../src/contract/sql.ts'
import { columnOfType, t } from '../../src/contract/types.ts'
import { contract, openRig, problemsIn, queryAll, sql, told, writeQuery, type Rig } from './kit.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig(4)
})
afterAll(() => rig.close())

/** A query without values. */
const plain = (text: string) => new Sql([text], [])

describe('the columns of a query', () => {
  const table = contract('silver.trips', { id: t.bigint(), fare: t.decimal(10, 2) })
  it.each([
    [
      'SELECT 1 AS id',
      ["contract/column-missing: output table 'silver.trips': the query gives no column 'fare'"],
    ],
    [
      'SELECT 1 AS id, 1 AS fare, 2 AS x',
      ["contract/column-extra: output table 'silver.trips': column 'x' is not in the contract"],
    ],
    [
      'SELECT 1 AS id, 1 AS fare, 2 AS id',
      ["contract/column-extra: output table 'silver.trips': the query gives column 'id' twice"],
    ],
    [
      'SELECT 1 AS id, 1.5::DOUBLE AS fare',
      [
        "contract/type-mismatch: output table 'silver.trips': column 'fare' is DOUBLE but DECIMAL(10,2) is declared",
      ],
    ],
    [
      "SELECT 'x' AS id, 1 AS far",
      [
        "contract/column-missing: output table 'silver.trips': the query gives no column 'fare'",
        "contract/column-extra: output table 'silver.trips': column 'far' is not in the contract",
        "contract/type-mismatch: output table 'silver.trips': column 'id' is VARCHAR but BIGINT is declared",
      ],
    ],
  ])('are compared with the contract: %s', async (text, expected) => {
    expect(told(await problemsIn(writeQuery(rig, table, plain(text))))).toEqual(expected)
  })

  it('get a hint to write', async () => {
    const [cast] = await problemsIn(writeQuery(rig, table, sql`SELECT 1 AS id, 1.5::DOUBLE AS fare`))
    expect(cast!.hint).toBe('write CAST(fare AS DECIMAL(10,2))')
    const [missing, extra] = await problemsIn(writeQuery(rig, table, sql`SELECT 1 AS id, 1 AS far`))
    expect([missing!.hint, extra!.hint]).toEqual(["did you mean 'far'?", "did you mean 'fare'?"])
  })

  it.each([
    ['1::TINYINT', 'BIGINT'],
    ['1::HUGEINT', 'INTEGER'],
    ['1::UBIGINT', 'BIGINT'],
    ['1::BIGINT', 'DECIMAL(10,2)'],
    ['1.5::DECIMAL(5,1)', 'DECIMAL(10,2)'],
    ['1.5::DECIMAL(30,1)', 'DECIMAL(10,2)'],
    ['1::INTEGER', 'DOUBLE'],
    ['1.5::FLOAT', 'DOUBLE'],
    ["DATE '2020-01-01'", 'TIMESTAMP'],
    ["'2020-01-01'::TIMESTAMP_S", 'TIMESTAMP'],
    ["'2020-01-01'::TIMESTAMP_MS", 'TIMESTAMP'],
    ["'a'::ENUM('a', 'b')", 'VARCHAR'],
    ['[1::TINYINT]', 'BIGINT[]'],
    ['[1, 2]::INTEGER[2]', 'INTEGER[]'],
    ['NULL', 'VARCHAR'],
    ['NULL', 'INTEGER[]'],
  ])('need no word: %s into %s', async (value, type) => {
    const column = columnOfType(type)!.nullable()
    await expect(
      writeQuery(rig, contract('t', { x: column }), plain(`SELECT ${value} AS x`)),
    ).resolves.toMatchObject({ rows: 1 })
  })

  it.each([
    ['1::BIGINT', 'DOUBLE'],
    ['1.5::DOUBLE', 'FLOAT'],
    ['1.5::DOUBLE', 'INTEGER'],
    ['1.25::DECIMAL(5,2)', 'DECIMAL(5,1)'],
    ['1.5::DECIMAL(5,1)', 'INTEGER'],
    ["'1'", 'INTEGER'],
    ['1', 'VARCHAR'],
    ["'{}'", 'JSON'],
    ["'{}'::JSON", 'VARCHAR'],
    ["TIMESTAMP '2020-01-01'", 'DATE'],
    ["TIMESTAMP '2020-01-01'", 'TIMESTAMP WITH TIME ZONE'],
    ["'2020-01-01'::TIMESTAMP_NS", 'TIMESTAMP'],
    ["['1']", 'INTEGER[]'],
    ['[1]', 'INTEGER'],
    ['INTERVAL 1 DAY', 'VARCHAR'],
    ['true', 'INTEGER'],
  ])('need a CAST: %s into %s', async (value, type) => {
    const problems = await problemsIn(
      writeQuery(rig, contract('t', { x: columnOfType(type)! }), plain(`SELECT ${value} AS x`)),
    )
    expect(problems.map(({ code }) => code)).toEqual(['contract/type-mismatch'])
  })

  it('compare structs by fields', async () => {
    const table = contract('t', { s: t.struct({ a: t.bigint(), 'b c': t.varchar() }) })
    await expect(writeQuery(rig, table, sql`SELECT {'a': 1, 'b c': 'x'} AS s`)).resolves.toMatchObject({
      rows: 1,
    })
    const problems = await problemsIn(writeQuery(rig, table, sql`SELECT {'a': 1, 'c': 'x'} AS s`))
    expect(told(problems)).toEqual([
      `contract/type-mismatch: output table 't': column 's' is STRUCT("a" INTEGER, "c" VARCHAR) but STRUCT("a" BIGINT, "b c" VARCHAR) is declared`,
    ])
  })
})

describe('values in queries', () => {
  it.each<[string, Parameters<typeof sql>[1], string, string]>([
    ['a whole number', 5, 'INTEGER', '5'],
    ['a large number', 2 ** 40, 'BIGINT', '1099511627776'],
    ['a fraction', 0.5, 'DOUBLE', '0.5'],
    ['a bigint', 9007199254740993n, 'BIGINT', '9007199254740993'],
    ['a huge bigint', 2n ** 80n, 'HUGEINT', '1208925819614629174706176'],
    ['a text', "it's; DROP", 'VARCHAR', "it's; DROP"],
    ['true', true, 'BOOLEAN', 'true'],
    ['a Date', new Date('2020-01-01T10:00:00.123Z'), 'TIMESTAMP', '2020-01-01 10:00:00.123'],
    ['bytes', new Uint8Array([0, 255]), 'BLOB', '\\x00\\xFF'],
    ['a list', [1, 2.5], 'DOUBLE[]', '[1.0, 2.5]'],
    ['a list of texts', ['a', null], 'VARCHAR[]', '[a, NULL]'],
    ['infinity', Infinity, 'DOUBLE', 'inf'],
  ])('%s is bound', async (_, value, type, text) => {
    expect(
      await queryAll(rig, sql`SELECT typeof(${value}) AS type, CAST(${value} AS VARCHAR) AS text`),
    ).toEqual([{ type, text }])
  })

  it('may be an empty list', async () => {
    expect(await queryAll(rig, sql`SELECT i FROM range(3) t(i) WHERE i IN ${[]}`)).toEqual([])
  })

  it('reach a query that writes', async () => {
    const staged = await writeQuery(
      rig,
      contract('t', { x: t.bigint(), n: t.varchar().nullable() }),
      sql`SELECT i + ${5} AS x, ${null} AS n FROM range(${3}) t(i)`,
    )
    expect(staged).toMatchObject({ rows: 3, stats: { x: { min: '5', max: '7' }, n: { nulls: 3 } } })
  })

  it('are refused when a list is mixed', async () => {
    const problems = await problemsIn(queryAll(rig, sql`SELECT 1 WHERE 1 IN ${[1, 'a']}`))
    expect(problems.map(({ code }) => code)).toEqual(['query/value'])
  })
})
