import { flow, sink, table, t } from '../../../src/index.ts'
import { files, ingest, raw, revenue, trips } from './shared.ts'

/** Chains with deliveries: the first are good, each of the others has one mistake. */

const made = flow('x').source(files).step(ingest)
const csv = sink.csv({ file: 'out/raw.csv' })

export const whole = made.deliver(raw, csv).deliver(raw.pick('id'), csv, { name: 'ids' })
export const columns = made.deliver(raw, csv, { columns: ['fare', 'id'], environments: ['prod'], retries: 2 })
export const several = made
  .source(trips)
  .deliver([raw, trips.pick('id')], sink.datapackage({ folder: 'out' }))

export const nobody = flow('x')
  .source(files)
  // @ts-expect-error delivery: input table 'bronze.raw' is not produced by an earlier step nor declared as a source
  .deliver(raw, csv)

export const another = made
  // @ts-expect-error delivery: table 'bronze.raw': column 'id' is BIGINT upstream but DATE is expected
  .deliver(table('bronze.raw', { id: t.date() }), csv)

export const oneOfTwo = made
  // @ts-expect-error delivery: input table 'gold.revenue' is not produced by an earlier step nor declared as a source
  .deliver([raw, revenue], sink.datapackage({ folder: 'out' }))

export const severalInAFile = made
  // @ts-expect-error is not assignable to
  .deliver([raw], csv)

export const noColumn = made
  // @ts-expect-error is not assignable to type '"id" | "fare"'
  .deliver(raw, csv, { columns: ['far'] })

// @ts-expect-error is not assignable to type 'DeliveryMode
export const noMode = sink.postgres({ connection: 'shop', table: 'a', mode: 'merge' })
