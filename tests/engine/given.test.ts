import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { renderQuery } from '../../src/contract/render.ts'
import { t } from '../../src/contract/types.ts'
import type { BoundInput, GivenRows } from '../../src/engine/engine.ts'
import {
  contract,
  declared,
  handle,
  openRig,
  problemsIn,
  rowsOf,
  sql,
  told,
  withSession,
  type Rig,
} from './kit.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterAll(() => rig.close())

const columns = {
  id: t.integer(),
  fare: t.decimal(10, 2).check('fare >= 0'),
  note: t.varchar().nullable(),
}
const trips = contract('silver.trips', columns, { key: ['id'] })

function given(rows: readonly object[], more: Partial<GivenRows> = {}): BoundInput {
  return {
    handle: 'raw',
    name: 'bronze.trips',
    columns: declared(columns),
    from: { kind: 'rows', rows, ...more },
  }
}

const two = [
  { id: 1, fare: '12.5', note: 'a' },
  { id: 2, fare: '-1' },
]

describe('rows given to a session', () => {
  test('are read by queries and by code, also side by side', async () => {
    await withSession(rig, { inputs: [given(two)] }, async (session) => {
      const query = renderQuery(sql`SELECT id FROM ${handle('raw')} WHERE fare > 0`)
      expect(await rowsOf(session.query(query))).toEqual([{ id: 1 }])
      const read = session.read('raw')
      expect(await rowsOf(session.query(query))).toEqual([{ id: 1 }])
      expect(await rowsOf(read)).toEqual([
        { id: 1, fare: '12.50', note: 'a' },
        { id: 2, fare: '-1.00', note: null },
      ])
    })
  })

  test('are told by what they break of their contract, all at once', async () => {
    const rows = [
      { id: 1, fare: '-1' },
      { id: 1, fare: '2' },
    ]
    const problems = await problemsIn(
      withSession(rig, { inputs: [given(rows, { contract: trips })] }, () => Promise.resolve()),
    )
    expect(told(problems)).toEqual([
      "contract/check: input table 'bronze.trips': 1 row breaks the check of column 'fare': fare >= 0",
      "contract/key: input table 'bronze.trips': 1 value of the key (id) stands in more than one row",
    ])
  })

  test('are told by values that do not fit, and by NULL where there may be none', async () => {
    const rows = [{ id: 'one', fare: '1' }, { id: 2 }, { id: 3, fare: '1', nope: 1 }]
    const problems = await problemsIn(
      withSession(rig, { inputs: [given(rows, { contract: trips })] }, () => Promise.resolve()),
    )
    expect(told(problems)).toEqual([
      "contract/value: input table 'bronze.trips': row 1: column 'id' is the string \"one\", not a whole number of 32 bits",
      "contract/null: input table 'bronze.trips': row 2: column 'fare' is missing",
    ])
  })

  test('refer to rows of other inputs', async () => {
    const zones: BoundInput = {
      handle: 'zones',
      name: 'silver.zones',
      columns: declared({ zone: t.integer() }),
      from: { kind: 'rows', rows: [{ zone: 1 }] },
    }
    const table = contract('t', {
      ...columns,
      id: t.integer().references({ name: 'silver.zones', columns: { zone: t.integer() } }, 'zone'),
    })
    const problems = await problemsIn(
      withSession(
        rig,
        {
          inputs: [
            given(
              two.map((row) => ({ ...row, fare: '1' })),
              { contract: table, others: { 'silver.zones': 'zones' } },
            ),
            zones,
          ],
        },
        () => Promise.resolve(),
      ),
    )
    expect(told(problems)).toEqual([
      "contract/reference: input table 'bronze.trips': 1 row has a 'id' that does not stand in silver.zones.zone",
    ])
  })

  test('leave nothing behind', async () => {
    for (let at = 0; at < 3; at++) await withSession(rig, { inputs: [given(two)] }, () => Promise.resolve())
    await withSession(rig, { inputs: [given([])] }, async (session) => {
      expect(await rowsOf(session.read('raw'))).toEqual([])
      const named = renderQuery(sql`SELECT * FROM ${sql.id('@given 1')}`)
      expect(told(await problemsIn(rowsOf(session.query(named))))[0]).toContain('query/table-unknown')
    })
  })
})

describe('an output without a folder', () => {
  const outputs = [{ handle: 'out', table: trips }]

  test('keeps its rows, as values and as cells', async () => {
    await withSession(rig, { inputs: [given(two)], outputs }, async (session) => {
      await session.write('out', renderQuery(sql`SELECT id, abs(fare) AS fare, note FROM ${handle('raw')}`))
      await session.insert('out', [{ id: 3, fare: '0.5' }])
      const [staged] = await session.finish()
      expect(staged).toMatchObject({ rows: 3, files: [] })
      const kept = await session.kept('out')
      expect(kept.cells.toSorted(([a], [b]) => Number(a) - Number(b))).toEqual([
        ['1', '12.50', 'a'],
        ['2', '1.00', null],
        ['3', '0.50', null],
      ])
      expect(kept.rows()).toContainEqual({ id: 1, fare: '12.50', note: 'a' })
    })
  })

  test.each([
    ['a check', sql`SELECT id, fare, note FROM ${handle('raw')}`, 'contract/check'],
    ['the key', sql`SELECT 1 AS id, 1 AS fare, note FROM ${handle('raw')}`, 'contract/key'],
    [
      'NULL',
      sql`SELECT CASE WHEN id = 1 THEN 1 END AS id, 1 AS fare, note FROM ${handle('raw')}`,
      'contract/null',
    ],
    ['a value', sql`SELECT 3000000000 * id AS id, 1 AS fare, note FROM ${handle('raw')}`, 'contract/value'],
    [
      'the query',
      sql`SELECT CAST(note AS INTEGER) AS id, 1 AS fare, note FROM ${handle('raw')}`,
      'query/failed',
    ],
  ])('is refused for %s like any other', async (_, query, code) => {
    const inMemory = await problemsIn(
      withSession(rig, { inputs: [given(two)], outputs }, async (session) => {
        await session.write('out', renderQuery(query))
        await session.finish()
      }),
    )
    const folder = await rig.fresh()
    const inFile = await problemsIn(
      withSession(
        rig,
        { inputs: [given(two)], outputs: [{ handle: 'out', table: trips, folder }] },
        async (session) => {
          await session.write('out', renderQuery(query))
          await session.finish()
        },
      ),
    )
    expect(inMemory.map((problem) => problem.code)).toEqual([code])
    expect(inMemory).toEqual(inFile)
  })

  test('that is not written is told', async () => {
    const problems = await problemsIn(withSession(rig, { outputs }, (session) => session.finish()))
    expect(problems.map(({ code }) => code)).toEqual(['step/output-unwritten'])
  })
})

test('conditions are tried on rows by themselves', async () => {
  const table = contract('t', columns, { checks: ['id < 2', 'note IS NOT NULL'] })
  expect(
    await rig.engine.broken(table, [
      { id: 1, fare: '1', note: 'a' },
      { id: 2, fare: '-1' },
    ]),
  ).toEqual([[], [0, 1, 2]])
})
