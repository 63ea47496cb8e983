import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problemsOf } from '../../src/base/problem.ts'
import { notebook, sql, t, table } from '../../src/index.ts'
import { given, rows } from '../../src/testing.ts'
import { keepPrices, kept, prices } from './notebooks.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-fixtures-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function file(name: string, text: string): Promise<string> {
  await writeFile(path.join(folder, name), text)
  return path.join(folder, name)
}

async function parquet(name: string, query: string): Promise<string> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`COPY (${query}) TO '${path.join(folder, name)}' (FORMAT parquet)`)
  connection.closeSync()
  instance.closeSync()
  return path.join(folder, name)
}

describe('rows in files', () => {
  test.each([
    ['csv', 'item,price,big\ntea,5,9007199254740993\n"coffee, black",,1\n'],
    ['json', '[{"item":"tea","price":5,"big":9007199254740993},{"item":"coffee, black","price":null}]'],
    ['yaml', '- { item: tea, price: 5, big: 9007199254740993 }\n- item: coffee, black\n  price:\n'],
  ] as const)('are given and expected: %s', async (format, text) => {
    const raw = rows[format](await file(`good.${format}`, text), prices)
    const run = given(keepPrices, { prices: raw })
    await run.expect({ kept: [{ item: 'tea', price: 5 }] })
    await run.expect({ kept: rows.yaml(await file('expected.yaml', '- item: tea'), kept) })
  })

  test.each([
    ['csv', 'item,prise\ntea,1\n', 'source/columns', undefined],
    ['csv', 'item,price\ntea,cheap\n', 'source/value', 2],
    ['json', '[{"item":"tea"},\n{"itm":1}]', 'source/columns', 2],
    ['yaml', '- item: tea\n  price: cheap\n  at: 2019-02-30\n', 'source/value', 2],
    ['yaml', 'item: tea', 'source/format', 1],
    ['json', '[{"item":', 'source/format', 1],
  ] as const)('that are wrong are told with their place: %s %j', async (format, text, code, line) => {
    const name = await file(`bad.${format}`, text)
    try {
      await given(keepPrices, { prices: rows[format](name, prices) }).rows('kept')
      expect.unreachable()
    } catch (error) {
      const [problem] = problemsOf(error) ?? []
      expect([problem?.code, problem?.where?.file]).toEqual([code, name])
      if (line !== undefined) expect(problem?.where?.line).toBe(line)
    }
  })

  describe('of Parquet', () => {
    const all = table('bronze.all', {
      id: t.integer(),
      big: t.bigint(),
      fare: t.decimal(10, 2),
      day: t.date(),
      at: t.timestamp(),
      micros: t.timestamp().micros(),
      blob: t.blob(),
      list: t.list(t.varchar()),
      struct: t.struct({ a: t.integer(), b: t.varchar() }),
      missing: t.varchar(),
      note: t.varchar().nullable(),
    })
    const copy = table('silver.all', all.columns)
    const read = notebook({
      inputs: { all },
      outputs: { copy },
      select: { copy: ({ all }) => sql`SELECT * FROM ${all} AS a WHERE id < 5` },
    })

    test('are given and expected with the types of the table', async () => {
      const name = await parquet(
        'all.parquet',
        `SELECT i::INTEGER AS id, 9007199254740993::BIGINT AS big, 12.5::DECIMAL(10, 2) AS fare,
          DATE '2024-02-29' AS day, TIMESTAMP '2024-02-29 12:30:00' AS at,
          TIMESTAMP '2024-02-29 12:30:00.000001' AS micros, '\\x00\\xFF'::BLOB AS blob, ['a', NULL] AS list,
          {'a': 1, 'b': 'x'} AS struct, NULL::VARCHAR AS note FROM range(1, 7) AS r(i)`,
      )
      const run = given(read, { all: rows.parquet(name, all) })
      expect((await run.rows('copy'))[0]).toEqual({
        id: 1,
        big: 9007199254740993n,
        fare: '12.50',
        day: new Date('2024-02-29'),
        at: new Date('2024-02-29T12:30:00Z'),
        micros: 1_709_209_800_000_001n,
        blob: new Uint8Array([0, 255]),
        list: ['a', null],
        struct: { a: 1, b: 'x' },
        missing: 'missing 1',
        note: null,
      })
      const wanted = await parquet(
        'wanted.parquet',
        'SELECT i::INTEGER AS id, 12.5 AS fare FROM range(1, 5) AS r(i)',
      )
      await run.expect({ copy: rows.parquet(wanted, copy) })
    })

    test.each([
      ['a column of no name', 'SELECT 1 AS id, 2 AS fair', 'source/columns', "did you mean 'fare'?"],
      ['another type', "SELECT 'one' AS id", 'contract/type-mismatch', 'write the column as INTEGER'],
      ['wider numbers', 'SELECT 1::BIGINT AS id', 'contract/type-mismatch', 'write the column as INTEGER'],
    ])('that are wrong are told with the file: %s', async (_, query, code, hint) => {
      const name = await parquet('wrong.parquet', query)
      try {
        await given(read, { all: rows.parquet(name, all) }).rows('copy')
        expect.unreachable()
      } catch (error) {
        const [problem] = problemsOf(error) ?? []
        expect([problem?.code, problem?.where?.file]).toEqual([code, name])
        expect(problem?.message).toContain(`fixture '${name}'`)
        expect(problem?.hint).toContain(hint)
      }
    })

    test('that are no Parquet are told', async () => {
      const name = await file('text.parquet', 'id\n1\n')
      const run = given(read, { all: rows.parquet(name, all) })
      await expect(run.rows('copy')).rejects.toThrow(/text\.parquet/)
    })
  })

  test('that are not there are told', async () => {
    const run = given(keepPrices, { prices: rows.csv('nowhere.csv', prices) })
    await expect(run.rows('kept')).rejects.toThrow(/no file .*tests\/testing\/nowhere\.csv/)
  })
})
