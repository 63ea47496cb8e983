import { DuckDBInstance } from '@duckdb/node-api'
import { notebook, sql, t, table } from 'sluice'

/**
 * Notebook tests of the build in one process: prints JSON with the milliseconds of the first test, with the load
 * of the engine, and of each of those after it, beside the same query of a bare DuckDB whose tables are filled.
 *
 * `node bench/test-kit-only.mjs <tests>`
 */
const tests = Number(process.argv[2] ?? 100)

const zones = table('bench.zones', { zone: t.integer(), name: t.varchar() }, { key: ['zone'] })
const rides = table(
  'bench.rides',
  {
    id: t.integer(),
    zone: t.integer().references(zones, 'zone'),
    fare: t.decimal(10, 2).min(0),
    started: t.timestamp(),
    ended: t.timestamp(),
    kind: t.varchar(),
    note: t.varchar().nullable(),
  },
  { key: ['id'], checks: ['ended >= started'] },
)
const cheap = table('bench.cheap', { id: t.integer(), zone: t.varchar(), fare: t.decimal(10, 2).min(0) })
const text =
  'SELECT id, name AS zone, fare FROM rides AS r JOIN zones AS z ON z.zone = r.zone WHERE fare < $1'

const select = notebook({
  inputs: { rides, zones },
  outputs: { cheap },
  select: {
    cheap: (read) => sql`
      SELECT id, name AS zone, fare FROM ${read.rides} AS r JOIN ${read.zones} AS z ON z.zone = r.zone
      WHERE fare < ${500}`,
  },
})
const code = notebook({
  inputs: { rides, zones },
  outputs: { cheap },
  async run({ inputs, outputs }) {
    const names = new Map()
    for await (const { zone, name } of inputs.zones.rows()) names.set(zone, name)
    for await (const { id, zone, fare } of inputs.rides.rows())
      if (Number(fare) < 500) await outputs.cheap.insert([{ id, zone: names.get(zone), fare }])
  },
})

const begun = performance.now()
const { given } = await import('sluice/testing')
const one = async (book, at) => {
  const from = performance.now()
  const values = {
    zones: [{ zone: 1, name: 'Mitte' }, { zone: 2 }],
    rides: [{ zone: 1, fare: `${at}.50` }, { zone: 2, fare: '7.00' }, { fare: '600' }],
  }
  await given(book, values).expect({ cheap: [{ zone: 'Mitte', fare: `${at}.5` }, { fare: '7' }] })
  return performance.now() - from
}
await one(select, 100)
const first = performance.now() - begun
await one(code, 100)

const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
const connection = await instance.connect()
await connection.run(`CREATE TABLE zones AS SELECT * FROM (VALUES (1, 'Mitte'), (2, 'x')) AS z(zone, name)`)
await connection.run(`CREATE TABLE rides (id INTEGER, zone INTEGER, fare DECIMAL(10, 2), started TIMESTAMP,
  ended TIMESTAMP, kind VARCHAR, note VARCHAR)`)
await connection.run(`INSERT INTO rides SELECT i, 1 + i % 2, i * 7, now()::TIMESTAMP, now()::TIMESTAMP, 'a', NULL
  FROM range(3) AS r(i)`)
const bare = async () => {
  const from = performance.now()
  await (await connection.run(text, [500])).getRowObjectsJson()
  return performance.now() - from
}
await bare()

const sum = { select: 0, code: 0, bare: 0 }
for (let at = 101; at < 101 + tests; at++) {
  sum.select += await one(select, at)
  sum.bare += await bare()
  sum.code += await one(code, at)
}
connection.closeSync()
instance.closeSync()
process.stdout.write(
  JSON.stringify({ first, select: sum.select / tests, code: sum.code / tests, bare: sum.bare / tests }),
)
