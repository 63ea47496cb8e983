import { describe, expect, test } from 'vitest'
import { notebook, sql, t, table } from '../../src/index.ts'
import type { AnyTable } from '../../src/contract/table.ts'
import type { Columns } from '../../src/contract/column.ts'
import { given } from '../../src/testing.ts'

/** The rows that a notebook sees of a table, when a test leaves columns out. */
async function filled(origin: AnyTable, rows: readonly object[]): Promise<Record<string, unknown>[]> {
  const copy = table('out.copy', origin.columns as Columns)
  const read = notebook({
    inputs: { raw: origin },
    outputs: { copy },
    select: { copy: ({ raw }) => sql`SELECT * FROM ${raw} AS r` },
  })
  return given(read, { raw: rows }).rows('copy')
}

describe('columns that a row leaves out', () => {
  test('have a value of each type, another for each row', async () => {
    const all = table('a.all', {
      boolean: t.boolean(),
      tinyint: t.tinyint(),
      smallint: t.smallint(),
      integer: t.integer(),
      bigint: t.bigint(),
      float: t.float(),
      double: t.double(),
      decimal: t.decimal(10, 2),
      share: t.decimal(3, 3),
      number: t.decimal(5, 1).asNumber(),
      varchar: t.varchar(),
      json: t.json(),
      blob: t.blob(),
      uuid: t.uuid(),
      date: t.date(),
      time: t.time(),
      timestamp: t.timestamp(),
      micros: t.timestamp().micros(),
      timestamptz: t.timestamptz(),
      list: t.list(t.integer()),
      struct: t.struct({ a: t.integer(), b: t.varchar() }),
      nothing: t.integer().nullable(),
    })
    const [first, second] = await filled(all, [{}, {}])
    expect(first).toMatchObject({ integer: 1, decimal: '1.00', varchar: 'varchar 1', nothing: null })
    const same = Object.keys(all.columns).filter(
      (name) => JSON.stringify(spelled(first?.[name])) === JSON.stringify(spelled(second?.[name])),
    )
    expect(same).toEqual(['nothing'])
    expect(await filled(all, [{}, {}])).toEqual([first, second])
  })

  test('keep keys and unique columns apart from the rows that mention them', async () => {
    const keyed = table(
      'a.keyed',
      { id: t.integer(), code: t.varchar().unique(), at: t.date() },
      { key: ['id', 'at'] },
    )
    const rows = await filled(keyed, [{ id: 2, code: 'code 1' }, {}, { id: 1 }, {}])
    expect(new Set(rows.map(({ code }) => code)).size).toBe(4)
  })

  test.each([
    ['a range', { a: t.integer().check('a BETWEEN 1000 AND 1001') }],
    ['a share', { a: t.double().check('a >= 0 AND a <= 1') }],
    ['less than nothing', { a: t.decimal(4, 2).check('a < 0') }],
    ['a list of words', { a: t.varchar().check("a IN ('open', 'closed')") }],
    ['the length of a text', { a: t.varchar().check('length(a) = 3') }],
    ['a pattern with LIKE', { a: t.varchar().check("a LIKE 'x-%'") }],
    ['a day', { a: t.date().check("a >= DATE '2024-02-29'") }],
    ['two columns', { a: t.timestamp(), b: t.timestamp().check('b > a') }],
    ['three columns', { a: t.integer(), b: t.integer(), c: t.integer().check('c = a + b AND a < b') }],
    ['values to choose from', { a: t.varchar().oneOf(['x', 'y']) }],
    ['bounds', { a: t.integer().between(500, 600) }],
    ['an upper bound of a decimal', { a: t.decimal(3, 2).max('0.5') }],
  ])('keep checks: %s', async (_, columns) => {
    expect(await filled(table('a.b', columns as Columns), [{}, {}])).toHaveLength(2)
  })

  test('are found again, and what does not fit is told by its row all the same', async () => {
    const checked = table('a.checked', { a: t.integer().check('a > 100'), fare: t.decimal(4, 2) })
    const first = await filled(checked, [{ fare: '1' }, { fare: '2' }])
    expect(await filled(checked, [{ fare: '3' }, { fare: '4' }])).toEqual(
      first.map(({ a }, at) => ({ a, fare: `${at + 3}.00` })),
    )
    const linked = table('a.linked', { a: t.decimal(4, 2), b: t.decimal(4, 2) }, { checks: ['b > a'] })
    await filled(linked, [{ a: '1' }, { a: '2' }])
    await expect(filled(linked, [{ a: '1' }, { a: '2.345' }])).rejects.toThrow(/row 2: column 'a'/)
    expect(await filled(linked, [{ a: '50' }])).toHaveLength(1)
  })

  test('are asked for where no value is found', async () => {
    const odd = table('a.odd', { a: t.varchar().check("md5(a) = 'x'"), b: t.integer() })
    await expect(filled(odd, [{ a: undefined }])).rejects.toThrow(
      /row 1: no value was found for 'a' that keeps the check 'md5\(a\) = 'x''[^]*give it in the row: \{ a: \.\.\. \}/,
    )
  })
})

function spelled(value: unknown): unknown {
  return typeof value === 'bigint' || value instanceof Uint8Array ? String(value) : value
}
