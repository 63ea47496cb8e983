import { describe, expect, test } from 'vitest'
import { notebook, sql, t, table } from '../../src/index.ts'
import { given } from '../../src/testing.ts'

const zones = table('silver.zones', { zone: t.integer() }, { key: ['zone'] })
const raw = table('bronze.rides', { id: t.integer(), fare: t.integer(), zone: t.integer() })
const rides = table(
  'silver.rides',
  {
    id: t.integer(),
    fare: t.integer().min(0, { onFailure: 'reject', name: 'fare_positive' }),
    zone: t.integer().references(zones, 'zone', { onFailure: 'reject', name: 'zone_known' }),
  },
  { key: ['id'], rejects: 'silver.rides_rejects' },
)
const query = notebook({
  inputs: { raw, zones },
  outputs: { rides },
  select: { rides: ({ raw }) => sql`SELECT * FROM ${raw} AS r` },
})
const code = notebook({
  inputs: { raw, zones },
  outputs: { rides },
  async run({ inputs, outputs }) {
    for await (const row of inputs.raw.rows()) await outputs.rides.insert([row])
  },
})
const rows = {
  zones: [{ zone: 1 }],
  raw: [
    { id: 1, fare: 5, zone: 1 },
    { id: 2, fare: -1, zone: 1 },
    { id: 3, fare: -2, zone: 9 },
  ],
}

describe('rows that checks of an output reject', () => {
  test('of a query are expected under a name of their own', async () => {
    const run = given(query, rows)
    await run.expect({
      rides: [{ id: 1 }],
      rides_rejects: [
        { id: 2, broken_checks: ['fare_positive'] },
        { id: 3, zone: 9, broken_checks: ['fare_positive', 'zone_known'] },
      ],
    })
    await expect(run.expect({ rides_rejects: [{ id: 2 }] })).rejects.toThrow(
      "output table 'silver.rides_rejects': 1 row too many",
    )
  })

  test('of code are there too, and none where none was rejected', async () => {
    expect(await given(code, rows).rows('rides_rejects')).toHaveLength(2)
    await given(code, { ...rows, raw: [{ fare: 1, zone: 1 }] }).expectEmpty('rides_rejects')
  })

  test('belong to outputs whose table has rejects', async () => {
    const plain = notebook({
      inputs: { raw },
      outputs: { zones },
      select: { zones: ({ raw }) => sql`SELECT zone FROM ${raw} AS r` },
    })
    // @ts-expect-error -- silver.zones has none
    await expect(given(plain, { raw: [{}] }).expectEmpty('zones_rejects')).rejects.toThrow(
      "the notebook has no output 'zones_rejects'",
    )
  })
})
