import { customersNotebook } from './customers.ts'

/** A flow whose tables share files between versions: by month, of 240 partitions, appended and merged. */
export const lakeFlow = {
  'raw/2019-01.csv': 'id\n1\n2\n',
  'raw/2019-02.csv': 'id\n3\n',
  'raw/2019-03.csv': 'id\n4\n',
  'wide.csv': `k,n\n${Array.from({ length: 240 }, (_, at) => `${at},0\n`).join('')}`,
  'data/orders_1.csv': 'id,customer,amount\n1,ann,10\n2,bob,20\n',
  'notebooks/trips.ts': `import { notebook, source, sql, table, t } from 'sluice'
export const files = source.csv('raw/{month}.csv', { columns: { id: t.integer() } })
export const trips = table('bronze.trips', { month: t.varchar(), id: t.integer() }, { partitionBy: ['month'] })
export default notebook({
  inputs: { files }, outputs: { trips }, partition: { by: 'month', every: 'month' },
  select: { trips: ({ files }, _args, { partition }) => sql\`SELECT \${partition.month} AS month, id FROM \${files}\` },
})
`,
  'notebooks/wide.ts': `import { notebook, source, sql, table, t } from 'sluice'
export const numbers = source.csv('wide.csv', { columns: { k: t.integer(), n: t.integer() } })
export const wide = table('silver.wide', { k: t.integer(), n: t.integer() }, { partitionBy: ['k'] })
export default notebook({
  inputs: { numbers }, outputs: { wide },
  select: { wide: ({ numbers }) => sql\`SELECT k, n FROM \${numbers}\` },
})
`,
  'notebooks/orders.ts': `import { notebook, source, sql, table, t } from 'sluice'
const columns = { id: t.integer(), customer: t.varchar(), amount: t.integer() }
export const orderFiles = source.csv('data/orders_*.csv', { columns })
export const orders = table('bronze.orders', columns, { key: ['id'] })
export default notebook({
  incremental: 'append', inputs: { files: orderFiles }, outputs: { orders },
  select: { orders: ({ files }) => sql\`FROM \${files.changes().added}\` },
})
`,
  'notebooks/customers.ts': customersNotebook,
  'flows/lake.ts': `import { flow } from 'sluice'
import trips, { files } from '../notebooks/trips.ts'
import wide, { numbers } from '../notebooks/wide.ts'
import orders, { orderFiles } from '../notebooks/orders.ts'
import customers from '../notebooks/customers.ts'
export default flow('lake').source(files).source(numbers).source(orderFiles)
  .step(trips).step(wide).step(orders).step(customers)
`,
}
