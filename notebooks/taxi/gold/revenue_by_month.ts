import { notebook, sql, table, t } from 'sluice'
import { trips } from '../silver/clean_trips.ts'

export const revenueByMonth = table(
  'gold.revenue_by_month',
  {
    month: t.varchar(),
    trips: t.bigint().check('trips > 0'),
    revenue: t.decimal(38, 2).describe('Fares with tips, tolls and surcharges.'),
  },
  { key: ['month'], partitionBy: ['month'], description: 'What the trips of a month brought.' },
)

export default notebook({
  description: 'Sums the trips of the months that changed.',
  inputs: { trips: trips.pick('month', 'total') },
  outputs: { revenue: revenueByMonth },
  partition: { by: 'month', every: 'month' },
  select: {
    revenue: ({ trips }) => sql`
      SELECT month, count(*) AS trips, sum(total) AS revenue FROM ${trips} AS t GROUP BY month`,
  },
})
