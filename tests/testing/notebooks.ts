import { notebook, source, sql, t, table } from 'sluice'
import { z } from 'zod'

/** Notebooks of a small project, for the tests of the test kit. */

export const zones = table(
  'silver.zones',
  { zone: t.integer(), name: t.varchar().nullable() },
  { key: ['zone'] },
)

export const rawTrips = table(
  'bronze.trips',
  {
    id: t.integer(),
    zone: t.integer().references(zones, 'zone'),
    fare: t.decimal(10, 2),
    started: t.timestamp(),
    ended: t.timestamp(),
    share: t.double().check('share BETWEEN 0 AND 1'),
    kind: t.varchar().check("kind IN ('street', 'stand')"),
    note: t.varchar().nullable(),
  },
  { key: ['id'], checks: ['ended > started'] },
)

const trips = table(
  'silver.trips',
  {
    id: t.integer(),
    zone: t.varchar().nullable(),
    fare: t.decimal(10, 2).check('fare >= 0'),
    minutes: t.bigint().check('minutes >= 0'),
  },
  { key: ['id'] },
)

export const cleanTrips = notebook({
  inputs: { raw: rawTrips, zones: zones.optional() },
  outputs: { trips },
  args: z.object({ maxFare: z.number().default(500) }),
  select: {
    trips: ({ raw, zones }, { maxFare }) => sql`
      SELECT id, z.name AS zone, fare, date_diff('minute', started, ended) AS minutes
      FROM ${raw} AS r
      LEFT JOIN ${zones} AS z ON z.zone = r.zone
      WHERE fare BETWEEN 0 AND ${maxFare}`,
  },
})

const counts = table('gold.counts', { zone: t.varchar(), trips: t.integer().check('trips > 0') })

/** Code that reads rows, a variable and a secret. */
export const countTrips = notebook({
  inputs: { trips: trips.pick('id', 'zone') },
  outputs: { counts },
  args: z.object({ least: z.number() }),
  env: z.object({ NOBODY: z.string().default('unknown') }),
  secrets: ['TOKEN'],
  async run({ inputs, outputs, args, env, secrets, log }) {
    const found = new Map<string, number>()
    for await (const { zone } of inputs.trips.rows()) {
      const name = zone ?? env.NOBODY
      found.set(name, (found.get(name) ?? 0) + 1)
    }
    if (found.has('boom')) throw new RangeError('a zone that explodes')
    log.info(`${found.size} zones, token of ${secrets.TOKEN.length}`)
    const rows = [...found].filter(([, count]) => count >= args.least)
    await outputs.counts.insert(rows.map(([zone, count]) => ({ zone, trips: count })))
    return { zones: rows.length }
  },
})

/** A query over a file, with a planted mistake: a price of exactly 100 is lost. */
export const prices = source.csv('prices*.csv', {
  name: 'prices',
  columns: { item: t.varchar(), price: t.integer().nullable(), at: t.date(), big: t.bigint() },
})
export const kept = table('silver.prices', { item: t.varchar(), price: t.integer() })
export const keepPrices = notebook({
  inputs: { prices },
  outputs: { kept },
  select: {
    kept: ({ prices }) => sql`SELECT item, price FROM ${prices} AS p WHERE price < 100 OR price > 100`,
  },
})
