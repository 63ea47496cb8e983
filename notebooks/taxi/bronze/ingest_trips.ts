import { notebook, sql, table, t } from 'sluice'
import { tripFiles } from '../sources.ts'

export const rawTrips = table(
  'bronze.trips',
  { month: t.varchar().describe('The month of the file.'), ...tripFiles.columns },
  { partitionBy: ['month'], description: 'All trips of the year as text, as published.' },
)

export default notebook({
  description: 'Keeps the published files as one table, month by month.',
  inputs: { files: tripFiles },
  outputs: { trips: rawTrips },
  partition: { by: 'month', every: 'month' },
  select: {
    trips: ({ files }, _args, { partition }) => sql`SELECT ${partition.month} AS month, * FROM ${files} AS f`,
  },
})
