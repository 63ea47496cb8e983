import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashFile } from '../../src/base/file-hash.ts'
import { renderQuery } from '../../src/contract/render.ts'
import { Sql } from '../../src/contract/sql.ts'
import { columnOfType, t } from '../../src/contract/types.ts'
import type { EngineProblem } from '../../src/engine/engine.ts'
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
    expect(ids.map(({ id }) => id).toSorted()).toEqual([1, 2, 3, 4, 5])
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

describe('promises of a contract', () => {
  const zones = contract('zones', { id: t.integer() })
  const table = contract(
    'trips',
    {
      id: t.integer(),
      fare: t.decimal(5, 2).nullable().check('fare >= 0'),
      zone: t.integer().nullable().references(zones, 'id'),
      code: t.varchar().unique().nullable(),
      tags: t.list(t.integer()),
    },
    { key: ['id'], checks: ['fare < 100 OR zone = 1'] },
  )
  let references: { zone: string[] }
  beforeAll(async () => {
    references = { zone: [await writeRows(rig, zones, [{ id: 1 }, { id: 2 }])] }
  })

  const rows = (values: string) => plain(`SELECT * FROM (VALUES ${values}) v(id, fare, zone, code, tags)`)

  it('let good rows pass', async () => {
    const good = rows("(1, 1.5, 1, 'a', [1]), (2, NULL, NULL, NULL, []), (3, 0, 2, NULL, [NULL])")
    await expect(writeQuery(rig, table, good, { references })).resolves.toMatchObject({ rows: 3 })
  })

  it.each([
    [
      'NULL',
      "(NULL::INTEGER, 1.5, 1, 'a', [1])",
      ["contract/null: output table 'trips': 1 rows hold NULL in column 'id'"],
    ],
    [
      'a NULL list',
      "(1, 1.5, 1, 'a', NULL::INTEGER[])",
      ["contract/null: output table 'trips': 1 rows hold NULL in column 'tags'"],
    ],
    [
      'a check of a column',
      "(1, -1.5, 1, 'a', [1])",
      ["contract/check: output table 'trips': 1 rows break the check of column 'fare': fare >= 0"],
    ],
    [
      'a check of the table',
      "(1, 200, 2, 'a', [1])",
      ["contract/check: output table 'trips': 1 rows break the check: fare < 100 OR zone = 1"],
    ],
    [
      'a value',
      "(1, 2000, 1, 'a', [1])",
      ["contract/value: output table 'trips': 1 values of column 'fare' do not fit DECIMAL(5,2)"],
    ],
    [
      'the key',
      "(1, 1, 1, 'a', [1]), (1, 2, 1, 'b', [1])",
      ["contract/key: output table 'trips': 1 values of the key (id) stand in more than one row"],
    ],
    [
      'a unique column',
      "(1, 1, 1, 'a', [1]), (2, 2, 1, 'a', [1])",
      ["contract/key: output table 'trips': 1 values of the key (code) stand in more than one row"],
    ],
    [
      'a reference',
      "(1, 1, 7, 'a', [1])",
      ["contract/reference: output table 'trips': 1 rows have a 'zone' that does not stand in zones.id"],
    ],
  ])('are held: %s', async (_, values, expected) => {
    expect(told(await problemsIn(writeQuery(rig, table, rows(values), { references })))).toEqual(expected)
  })

  it('are told all at once, with counts and rows', async () => {
    const values = [
      "(1, -1, 9, 'a', [1])",
      "(1, -2, 1, 'a', [1])",
      '(NULL, 2000, 1, NULL, NULL::INTEGER[])',
      '(4, 150, 2, NULL, [1])',
      ...Array.from({ length: 10 }, (_, at) => `(${at + 10}, -5, NULL, NULL, [1])`),
    ]
    const problems = await problemsIn(writeQuery(rig, table, rows(values.join(', ')), { references }))
    expect(
      problems.map(({ code, message }) => `${code}: ${message.replace("output table 'trips': ", '')}`),
    ).toEqual([
      "contract/value: 1 values of column 'fare' do not fit DECIMAL(5,2)",
      "contract/null: 1 rows hold NULL in column 'id'",
      "contract/null: 1 rows hold NULL in column 'tags'",
      "contract/check: 12 rows break the check of column 'fare': fare >= 0",
      'contract/check: 1 rows break the check: fare < 100 OR zone = 1',
      'contract/key: 1 values of the key (id) stand in more than one row',
      'contract/key: 1 values of the key (code) stand in more than one row',
      "contract/reference: 1 rows have a 'zone' that does not stand in zones.id",
    ])
    expect(problems[0]!.related!.map(({ message }) => message)).toEqual(['{"fare":"2000"}'])
    expect(problems[3]!.related).toHaveLength(5)
    expect(problems[5]!.related!.map(({ message }) => message)).toEqual(['{"id":1,"rows":"2"}'])
  })

  it('of several outputs are told at once', async () => {
    const outputs = await Promise.all(
      ['a', 'b'].map(async (name) => ({
        handle: name,
        table: contract(name, { id: t.integer().check('id > 0') }),
        folder: await rig.fresh(),
      })),
    )
    const problems = await problemsIn(
      withSession(rig, { outputs }, async (session) => {
        await session.write('a', renderQuery(sql`SELECT 0 AS id`))
        await session.write('b', renderQuery(sql`SELECT -1 AS id`))
        await session.finish()
      }),
    )
    expect(problems.map(({ message }) => message.slice(0, 16))).toEqual([
      "output table 'a'",
      "output table 'b'",
    ])
  })

  it('look at no rows that the query drops', async () => {
    const query = sql`SELECT i AS id FROM range(-5, 5) t(i) WHERE i > 0`
    await expect(
      writeQuery(rig, contract('t', { id: t.bigint().check('id > 0') }), query),
    ).resolves.toMatchObject({ rows: 4 })
  })

  it('hold for inserted rows and for gathered queries', async () => {
    const folder = await rig.fresh()
    const target = {
      handle: 'o',
      table: contract('t', { id: t.tinyint().check('id > 0') }, { key: ['id'] }),
      folder,
    }
    const problems = await problemsIn(
      withSession(rig, { outputs: [target] }, async (session) => {
        await session.insert('o', [{ id: 1 }, { id: 1 }, { id: -1 }])
        await session.finish()
      }),
    )
    expect(problems.map(({ code }) => code)).toEqual(['contract/check', 'contract/key'])
    const late = await problemsIn(
      withSession(rig, { outputs: [target] }, async (session) => {
        await session.insert('o', [{ id: 1 }])
        await session.write('o', renderQuery(sql`SELECT 1000 AS id`))
      }),
    )
    expect(late.map(({ code }) => code)).toEqual(['contract/value'])
    expect(await readdir(folder)).toEqual([])
  })

  it('allow NULL in a unique column many times, and in no part of the key', async () => {
    const pair = contract('t', { a: t.integer().nullable(), b: t.integer().nullable() }, { key: ['a', 'b'] })
    const problems = await problemsIn(
      writeQuery(rig, pair, sql`SELECT 1 AS a, NULL::INTEGER AS b FROM range(2)`),
    )
    expect(problems.map(({ code }) => code)).toEqual(['contract/null'])
  })

  it('are cut when values are long', async () => {
    const problems = await problemsIn(
      writeQuery(rig, contract('t', { s: t.varchar().check("s = ''") }), sql`SELECT repeat('x', 10000) AS s`),
    )
    expect(problems[0]!.related![0]!.message.length).toBeLessThan(200)
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
