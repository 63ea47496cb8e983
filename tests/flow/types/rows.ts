import { z } from 'zod'
import { notebook, sql, table, t } from '../../../src/index.ts'
import type { NewRow, Row } from '../../../src/contract/column.ts'

/** What rows and contexts hold. */

/** The same type, not only one that fits: `tsc` compares two functions as they stand. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the comparison is what X is for
type Same<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false
declare function same<A, B>(are: Same<A, B>): void

const all = {
  boolean: t.boolean(),
  tinyint: t.tinyint(),
  smallint: t.smallint(),
  integer: t.integer(),
  bigint: t.bigint(),
  float: t.float(),
  double: t.double(),
  decimal: t.decimal(10, 2),
  varchar: t.varchar(),
  json: t.json(),
  blob: t.blob(),
  uuid: t.uuid(),
  date: t.date(),
  time: t.time(),
  timestamp: t.timestamp(),
  timestamptz: t.timestamptz(),
  list: t.list(t.integer()),
  struct: t.struct({ a: t.integer(), b: t.varchar().nullable() }),
  maybe: t.date().nullable(),
  micros: t.timestamp().micros(),
  maybeMicros: t.timestamptz().nullable().micros(),
  asNumber: t.decimal(10, 2).asNumber(),
  bigAsNumber: t.bigint().nullable().asNumber(),
}
type All = Row<typeof all>
same<All['boolean'], boolean>(true)
same<All['tinyint'], number>(true)
same<All['smallint'], number>(true)
same<All['integer'], number>(true)
same<All['float'], number>(true)
same<All['double'], number>(true)
same<All['bigint'], bigint>(true)
same<All['decimal'], string>(true)
same<All['varchar'], string>(true)
same<All['json'], string>(true)
same<All['uuid'], string>(true)
same<All['time'], string>(true)
same<All['blob'], Uint8Array>(true)
same<All['date'], Date>(true)
same<All['timestamp'], Date>(true)
same<All['timestamptz'], Date>(true)
same<All['list'], readonly number[]>(true)
same<All['struct']['a'], number>(true)
same<All['struct']['b'], string | null>(true)
same<All['maybe'], Date | null>(true)
same<All['micros'], bigint>(true)
same<All['maybeMicros'], bigint | null>(true)
same<All['asNumber'], number>(true)
same<All['bigAsNumber'], number | null>(true)
same<keyof All, keyof typeof all>(true)

const trips = table('trips', { id: t.bigint(), fare: t.double().nullable() })
type New = NewRow<typeof trips.columns>
export const nullableMayBeLeftOut: New = { id: 1n }
export const nullableMayBeNull: New = { id: 1n, fare: null }
// @ts-expect-error Property 'id' is missing
export const requiredMustBeGiven: New = { fare: 1 }
// @ts-expect-error Type 'number' is not assignable to type 'bigint'
export const numberIsNoBigint: New = { id: 1 }
// @ts-expect-error Argument of type '"nope"' is not assignable to parameter of type '"id" | "fare"'
trips.pick('nope')
// @ts-expect-error Expected at least 1 arguments, but got 0
trips.pick()
// @ts-expect-error Type '"nope"' is not assignable to type '"id" | "fare"'
table('t', { id: t.bigint(), fare: t.double() }, { key: ['nope'] })

export const code = notebook({
  name: 'code',
  inputs: { trips: trips.pick('id') },
  outputs: { out: trips },
  args: z.object({ year: z.number().default(2019), day: z.string().transform((text) => new Date(text)) }),
  env: z.object({ REGION: z.string() }),
  secrets: ['API_KEY'],
  async run({ inputs, outputs, args, env, secrets, db, signal }) {
    same<typeof args, { year: number; day: Date }>(true)
    same<typeof env, { REGION: string }>(true)
    same<typeof secrets, { readonly API_KEY: string }>(true)
    for await (const row of inputs.trips.rows()) {
      same<typeof row.id, bigint>(true)
      // @ts-expect-error Property 'fare' does not exist
      void row.fare
    }
    // @ts-expect-error Property 'other' does not exist
    void inputs.other
    // @ts-expect-error Property 'OTHER' does not exist
    void secrets.OTHER
    await outputs.out.insert([{ id: 1n }, { id: 2n, fare: 3 }])
    // @ts-expect-error Property 'id' is missing
    await outputs.out.insert({ fare: 1 })
    await outputs.out.write(sql`SELECT * FROM ${inputs.trips}`)
    same<typeof signal, AbortSignal>(true)
    return db.one<{ n: bigint }>(sql`SELECT count(*) AS n FROM ${inputs.trips}`)
  },
})
same<NonNullable<typeof code.types>['result'], { n: bigint }>(true)
same<NonNullable<typeof code.types>['args'], { year?: number | undefined; day: string }>(true)

export const everyOutputNeedsAQuery = notebook({
  inputs: { trips },
  outputs: { one: trips, two: trips },
  // @ts-expect-error Property 'two' is missing
  select: { one: ({ trips }) => sql`SELECT * FROM ${trips}` },
})

export const handlesInQueries = notebook({
  inputs: { trips },
  outputs: { one: trips },
  // @ts-expect-error Property 'trip' does not exist
  select: { one: ({ trip }) => sql`SELECT * FROM ${trip}` },
})

export const noTextInQueries = notebook({
  outputs: { one: trips },
  // @ts-expect-error Type 'string' is not assignable to type 'Sql'
  select: { one: () => 'SELECT 1' },
})
