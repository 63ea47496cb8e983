/** A flow of two partitioned tables: trips by month, and sums by day and whether they are large. */
export const partedFlow = {
  'data/a.csv': 'id,month,fare\n1,2019-01,2.50\n2,2019-02,3.50\n3,2019-01,4.50\n4,2019-03,9.00\n',
  'notebooks/trips.ts': `import { notebook, source, sql, t, table } from 'sluice'

export const files = source.csv('data/*.csv', {
  columns: { id: t.bigint(), month: t.varchar(), fare: t.decimal(10, 2) },
})

export const trips = table(
  'silver.trips',
  { id: t.bigint(), month: t.varchar(), fare: t.decimal(10, 2) },
  { key: ['id'], partitionBy: ['month'] },
)

export default notebook({
  inputs: { files },
  outputs: { trips },
  select: { trips: ({ files }) => sql\`SELECT * FROM \${files} AS f ORDER BY id\` },
})
`,
  'notebooks/sums.ts': `import { notebook, sql, t, table } from 'sluice'
import { trips } from './trips.ts'

export const sums = table(
  'gold.sums',
  { day: t.date(), large: t.boolean(), fare: t.decimal(38, 2) },
  { partitionBy: ['day', 'large'] },
)

export default notebook({
  inputs: { trips },
  outputs: { sums },
  async run({ inputs, outputs }) {
    await outputs.sums.write(
      sql\`SELECT CAST(month || '-01' AS DATE) AS day, sum(fare) > 8 AS large, sum(fare) AS fare
          FROM \${inputs.trips} AS t GROUP BY ALL\`,
    )
  },
})
`,
  'flows/trips.ts': `import { flow } from 'sluice'
import sums from '../notebooks/sums.ts'
import trips, { files } from '../notebooks/trips.ts'

export default flow('trips').source(files).step(trips).step(sums)
`,
}
