import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AnyColumn } from '../../src/contract/column.ts'
import { t } from '../../src/contract/types.ts'
import {
  contract,
  openRig,
  parquetInput,
  problemsIn,
  readAll,
  told,
  withSession,
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

describe('what is written otherwise', () => {
  it.each<[string, AnyColumn, unknown, unknown]>([
    ['a number as BIGINT', t.bigint(), 5, 5n],
    ['a bigint as INTEGER', t.integer(), 5n, 5],
    ['a bigint as DECIMAL', t.decimal(10, 2), 5n, '5.00'],
    ['a decimal with fewer digits', t.decimal(10, 2), '.5', '0.50'],
    ['a decimal with zeros at its end', t.decimal(10, 2), '1.5000', '1.50'],
    ['a number as DECIMAL, where it is read as one', t.decimal(10, 2).asNumber(), 0.1 + 0.2, 0.3],
    [
      'a UUID in capitals',
      t.uuid(),
      'ABCDEF00-0000-0000-0000-000000000000',
      'abcdef00-0000-0000-0000-000000000000',
    ],
    ['-0', t.double(), -0, -0],
  ])('is the same value: %s', async (_, column, value, read) => {
    expect(await around(column, [value])).toEqual([read])
  })

  it.each<[string, AnyColumn, unknown]>([
    ['a string as BOOLEAN', t.boolean(), 'true'],
    ['a fraction as INTEGER', t.integer(), 1.5],
    ['too large for TINYINT', t.tinyint(), 128],
    ['a string as INTEGER', t.integer(), '1'],
    ['an unsafe number as BIGINT', t.bigint(), 2 ** 60],
    ['too large for BIGINT', t.bigint(), 2n ** 63n],
    ['a bigint as DOUBLE', t.double(), 1n],
    ['a number as DECIMAL', t.decimal(10, 2), 1.5],
    ['too many digits behind the point', t.decimal(10, 2), '1.005'],
    ['too many digits before the point', t.decimal(4, 2), '100'],
    ['no decimal', t.decimal(10, 2), '1e5'],
    ['an empty decimal', t.decimal(10, 2), '.'],
    ['a number as VARCHAR', t.varchar(), 1],
    ['half of a surrogate pair', t.varchar(), 'a\ud83d'],
    ['no JSON', t.json(), '{a'],
    ['an object as JSON', t.json(), { a: 1 }],
    ['a string as BLOB', t.blob(), 'x'],
    ['no UUID', t.uuid(), 'x'],
    ['a Date with a time as DATE', t.date(), new Date('2020-01-01T01:00:00Z')],
    ['a string as DATE', t.date(), '2020-01-01'],
    ['an invalid Date', t.timestamp(), new Date(NaN)],
    ['microseconds where a Date is expected', t.timestamp(), 5n],
    ['a time after the day', t.time(), '24:00:00'],
    ['a list with a wrong item', t.list(t.integer()), [1, 'x']],
    ['an object as list', t.list(t.integer()), {}],
    ['a struct with a field too many', t.struct({ a: t.integer() }), { a: 1, b: 2 }],
    ['a struct with a wrong field', t.struct({ a: t.integer() }), { a: 'x' }],
  ])('is refused: %s', async (_, column, value) => {
    const problems = await problemsIn(around(column, [null, value]))
    expect(problems.map(({ code }) => code)).toEqual(['contract/value'])
    expect(problems[0]!.message).toMatch(/^output table 't': row 2: column 'x' is .+, not .+/)
  })
})

describe('inserted rows', () => {
  const table = contract('people', { id: t.integer(), name: t.varchar(), age: t.integer().nullable() })
  const insert = (...calls: readonly (readonly object[])[]) =>
    withSession(rig, { outputs: [{ handle: 'o', table, folder: rig.folder }] }, async (session) => {
      for (const rows of calls) await session.insert('o', rows)
    })

  it('need each column that may not be NULL, and no others', async () => {
    const problems = await problemsIn(
      insert([
        { id: 1, name: 'a' },
        { id: 2 },
        { id: null, name: 'b' },
        { id: 4, name: undefined, age: null },
      ]),
    )
    expect(told(problems)).toEqual([
      "contract/null: output table 'people': row 3: column 'id' is null, and the contract does not allow it",
      "contract/null: output table 'people': row 2: column 'name' is missing",
      "contract/null: output table 'people': row 4: column 'name' is missing",
    ])
    const [unknown] = await problemsIn(insert([{ id: 1, name: 'a', aeg: 5 }]))
    expect(unknown).toMatchObject({
      code: 'contract/column-extra',
      message: "output table 'people': row 1: 'aeg' is no column of the contract",
      hint: "did you mean 'age'?",
    })
  })

  it('are counted over calls, and at most twenty Problems are told', async () => {
    const problems = await problemsIn(
      insert(
        [{ id: 1, name: 'a' }],
        Array.from({ length: 3000 }, (_, at) => ({ id: 'x', name: `n${at}` })),
      ),
    )
    expect(problems).toHaveLength(20)
    expect(problems[0]!.message).toContain('row 2:')
  })

  it('stay in step when a notebook catches an error and goes on', async () => {
    const folder = await rig.fresh()
    const rows = await withSession(rig, { outputs: [{ handle: 'o', table, folder }] }, async (session) => {
      await session.insert('o', [{ id: 1, name: 'a' }])
      await problemsIn(session.insert('o', [{ id: 2, name: 3 }]))
      await session.insert('o', [{ id: 4, name: 'd' }])
      const [staged] = await session.finish()
      return readAll(
        rig,
        parquetInput('r', { id: t.integer(), name: t.varchar() }, [`${folder}/${staged!.files[0]!.name}`]),
      )
    })
    expect(rows).toEqual([
      { id: 1, name: 'a' },
      { id: 4, name: 'd' },
    ])
  })
})
