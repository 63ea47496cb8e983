import { notebook, sql, table } from 'sluice'
import { tripFiles } from '../sources.ts'

export const rawTrips = table('bronze.trips', tripFiles.columns, {
  description: 'All trips of the year as text, as published.',
})

export default notebook({
  description: 'Keeps the published files as one table.',
  inputs: { files: tripFiles },
  outputs: { trips: rawTrips },
  select: {
    trips: ({ files }) => sql`SELECT * FROM ${files} AS f`,
  },
})
