import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { t } from '../../src/contract/types.ts'
import { declared, openRig, type Rig } from './kit.ts'
import { lineageQueries } from './lineage-queries.ts'

type Row = Readonly<Record<string, string>>
type Data = Readonly<Record<'a' | 'b', readonly Row[]>>

const types = {
  a: { id: 'INTEGER', k: 'INTEGER', v: 'INTEGER', s: 'VARCHAR', l: 'INTEGER[]', st: 'STRUCT(x INTEGER)' },
  b: { id: 'INTEGER', k: 'INTEGER', w: 'INTEGER' },
} as const

const whole = fc.oneof(fc.integer({ min: -1, max: 3 }).map(String), fc.constant('NULL'))
const value: Readonly<Record<string, fc.Arbitrary<string>>> = {
  INTEGER: whole,
  VARCHAR: fc.constantFrom("'a'", "'ab'", "'c'", 'NULL'),
  'INTEGER[]': fc.array(whole, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
  'STRUCT(x INTEGER)': whole.map((x) => `{x: ${x}}`),
}
const rowsOf = (table: 'a' | 'b') =>
  fc.array(
    fc.record(
      Object.fromEntries(Object.entries(types[table]).map(([name, type]) => [name, value[type]!])),
    ) as fc.Arbitrary<Row>,
    { minLength: 1, maxLength: 5 },
  )
/** Two states of the tables with the same number of rows. */
const states = fc.tuple(rowsOf('a'), rowsOf('a'), rowsOf('b'), rowsOf('b')).map(([a1, a2, b1, b2]) => {
  const [na, nb] = [Math.min(a1.length, a2.length), Math.min(b1.length, b2.length)]
  return [
    { a: a1.slice(0, na), b: b1.slice(0, nb) },
    { a: a2.slice(0, na), b: b2.slice(0, nb) },
  ] as const
})

let rig: Rig
let instance: DuckDBInstance
let connection: DuckDBConnection
beforeAll(async () => {
  rig = await openRig()
  // One thread: where ties are broken by the order of rows, it is the same one.
  instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  connection = await instance.connect()
})
afterAll(async () => {
  connection.closeSync()
  instance.closeSync()
  await rig.close()
})

/** The values of each column of a query, in no order; undefined when the data makes it fail. */
async function resultOf(query: string, data: Data): Promise<ReadonlyMap<string, string> | undefined> {
  for (const table of ['a', 'b'] as const) {
    const columns = Object.entries(types[table])
    await connection.run(
      `CREATE OR REPLACE TABLE "@${table}" (${columns.map((each) => each.join(' ')).join(', ')})`,
    )
    const rows = data[table].map((row) => `(${columns.map(([name]) => row[name]).join(', ')})`)
    await connection.run(`INSERT INTO "@${table}" VALUES ${rows.join(', ')}`)
  }
  try {
    const reader = await connection.runAndReadAll(query.replace('$1', '1').replace('$2', '2'))
    const [names, columns] = [reader.columnNames(), reader.getColumnsJson()]
    return new Map(
      names.map((name, at) => [
        name,
        JSON.stringify((columns[at] ?? []).map((each) => JSON.stringify(each)).toSorted()),
      ]),
    )
  } catch {
    return undefined
  }
}

/** The first state, with the columns that a lineage names left alone and all others as in the second. */
function changed([before, after]: readonly [Data, Data], matters: ReadonlySet<string>): Data {
  const mixed = (table: 'a' | 'b') =>
    before[table].map((row, at) =>
      Object.fromEntries(
        Object.keys(row).map((name) => [
          name,
          (matters.has(`${table}.${name}`) ? row : after[table][at]!)[name]!,
        ]),
      ),
    )
  return { a: mixed('a'), b: mixed('b') }
}

describe('a column that lineage does not name can be changed without a change of the result', () => {
  it.each(lineageQueries.map(([query]) => query))('%s', async (query) => {
    const inputs = (['a', 'b'] as const).map((handle) => ({
      handle,
      name: handle,
      columns: declared(
        handle === 'a'
          ? {
              id: t.integer(),
              k: t.integer(),
              v: t.integer(),
              s: t.varchar(),
              l: t.list(t.integer()),
              st: t.struct({ x: t.integer() }),
            }
          : { id: t.integer(), k: t.integer(), w: t.integer() },
      ),
    }))
    const relations = ['a', 'b'].filter((handle) => query.includes(`"@${handle}"`))
    const { lineage } = await rig.engine.analyse({
      query: { text: query, params: query.includes('$2') ? [1, 2] : [], relations },
      inputs,
      volatile: false,
      lineage: true,
    })
    const texts = (list: readonly { handle: string; column: string }[]) =>
      list.map(({ handle, column }) => `${handle}.${column}`)
    let compared = 0
    await fc.assert(
      fc.asyncProperty(states, async (pair) => {
        const before = await resultOf(query, pair[0])
        for (const [column, from] of Object.entries(lineage!.columns)) {
          const matters = new Set([...texts(from), ...texts(lineage!.rows)])
          const after = await resultOf(query, changed(pair, matters))
          if (!before || !after) continue
          compared++
          expect(after.get(column)).toBe(before.get(column))
        }
      }),
      { numRuns: 12 },
    )
    expect(compared).toBeGreaterThan(0)
  })
})
