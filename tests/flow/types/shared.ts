import { z } from 'zod'
import { notebook, source, sql, table, t } from '../../../src/index.ts'

export const files = source.csv('raw/*.csv', { columns: { id: t.bigint(), fare: t.double() } })

export const raw = table('bronze.raw', { id: t.bigint(), fare: t.double().nullable() }, { key: ['id'] })
export const trips = table('silver.trips', { id: t.bigint(), fare: t.decimal(10, 2) })
export const revenue = table('gold.revenue', { total: t.decimal(38, 2) })

export const ingest = notebook({
  inputs: { files },
  outputs: { raw },
  select: { raw: ({ files }) => sql`SELECT * FROM ${files}` },
})

export const clean = notebook({
  name: 'clean',
  inputs: { raw: raw.pick('id', 'fare') },
  outputs: { trips },
  args: z.object({ max: z.number() }),
  select: { trips: ({ raw }, args) => sql`SELECT * FROM ${raw} WHERE fare < ${args.max}` },
})

export const report = notebook({
  name: 'report',
  inputs: { trips },
  outputs: { revenue },
  select: { revenue: ({ trips }) => sql`SELECT sum(fare) AS total FROM ${trips}` },
})

/** Args of many types, none required. */
export const tuned = notebook({
  name: 'tuned',
  args: z.object({
    zones: z.array(z.number()).default([]),
    mode: z.enum(['fast', 'exact']).default('fast'),
    day: z.date().optional(),
    deep: z.object({ names: z.array(z.string()) }).optional(),
  }),
  run: ({ args }) => args.zones.length,
})

export const plain = notebook({ name: 'plain', run() {} })
