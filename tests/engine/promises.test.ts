import { readdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderQuery } from '../../src/contract/render.ts'
import { table as declareIt } from '../../src/contract/table.ts'
import { Sql } from '../../src/contract/sql.ts'
import { t } from '../../src/contract/types.ts'
import {
  contract,
  openRig,
  problemsIn,
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

describe('promises of a contract', () => {
  const zoneTable = declareIt('zones', { id: t.integer() })
  const zones = contract('zones', zoneTable.columns)
  const table = contract(
    'trips',
    {
      id: t.integer(),
      fare: t.decimal(5, 2).nullable().check('fare >= 0'),
      zone: t.integer().nullable().references(zoneTable, 'id'),
      code: t.varchar().unique().nullable(),
      tags: t.list(t.integer()),
    },
    { key: ['id'], checks: ['fare < 100 OR zone = 1'] },
  )
  let others: { zones: string[] }
  beforeAll(async () => {
    others = { zones: [await writeRows(rig, zones, [{ id: 1 }, { id: 2 }])] }
  })

  const rows = (values: string) => plain(`SELECT * FROM (VALUES ${values}) v(id, fare, zone, code, tags)`)

  it('let good rows pass', async () => {
    const good = rows("(1, 1.5, 1, 'a', [1]), (2, NULL, NULL, NULL, []), (3, 0, 2, NULL, [NULL])")
    await expect(writeQuery(rig, table, good, { others })).resolves.toMatchObject({ rows: 3 })
  })

  it.each([
    [
      'NULL',
      "(NULL::INTEGER, 1.5, 1, 'a', [1])",
      ["contract/null: output table 'trips': 1 row holds NULL in column 'id'"],
    ],
    [
      'a NULL list',
      "(1, 1.5, 1, 'a', NULL::INTEGER[])",
      ["contract/null: output table 'trips': 1 row holds NULL in column 'tags'"],
    ],
    [
      'a check of a column',
      "(1, -1.5, 1, 'a', [1])",
      ["contract/check: output table 'trips': 1 row breaks the check of column 'fare': fare >= 0"],
    ],
    [
      'a check of the table',
      "(1, 200, 2, 'a', [1])",
      ["contract/check: output table 'trips': 1 row breaks the check: fare < 100 OR zone = 1"],
    ],
    [
      'a value',
      "(1, 2000, 1, 'a', [1])",
      ["contract/value: output table 'trips': 1 value of column 'fare' does not fit DECIMAL(5,2)"],
    ],
    [
      'the key',
      "(1, 1, 1, 'a', [1]), (1, 2, 1, 'b', [1])",
      ["contract/key: output table 'trips': 1 value of the key (id) stands in more than one row"],
    ],
    [
      'a unique column',
      "(1, 1, 1, 'a', [1]), (2, 2, 1, 'a', [1])",
      ["contract/key: output table 'trips': 1 value of the key (code) stands in more than one row"],
    ],
    [
      'a reference',
      "(1, 1, 7, 'a', [1])",
      ["contract/reference: output table 'trips': 1 row has a 'zone' that does not stand in zones.id"],
    ],
  ])('are held: %s', async (_, values, expected) => {
    expect(told(await problemsIn(writeQuery(rig, table, rows(values), { others })))).toEqual(expected)
  })

  it('are told all at once, with counts and rows', async () => {
    const values = [
      "(1, -1, 9, 'a', [1])",
      "(1, -2, 1, 'a', [1])",
      '(NULL, 2000, 1, NULL, NULL::INTEGER[])',
      '(4, 150, 2, NULL, [1])',
      ...Array.from({ length: 10 }, (_, at) => `(${at + 10}, -5, NULL, NULL, [1])`),
    ]
    const problems = await problemsIn(writeQuery(rig, table, rows(values.join(', ')), { others }))
    expect(
      problems.map(({ code, message }) => `${code}: ${message.replace("output table 'trips': ", '')}`),
    ).toEqual([
      "contract/value: 1 value of column 'fare' does not fit DECIMAL(5,2)",
      "contract/null: 1 row holds NULL in column 'id'",
      "contract/null: 1 row holds NULL in column 'tags'",
      "contract/check: 12 rows break the check of column 'fare': fare >= 0",
      'contract/check: 1 row breaks the check: fare < 100 OR zone = 1',
      'contract/key: 1 value of the key (id) stands in more than one row',
      'contract/key: 1 value of the key (code) stands in more than one row',
      "contract/reference: 1 row has a 'zone' that does not stand in zones.id",
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
