import { notebook, sql, table, t } from 'sluice'
import { trips } from '../silver/clean_trips.ts'

export const busiestHours = table(
  'gold.busiest_hours',
  {
    weekday: t.integer().check('weekday BETWEEN 1 AND 7').describe('1 is Monday.'),
    hour: t.integer().check('hour BETWEEN 0 AND 23'),
    trips: t.bigint(),
    revenue: t.decimal(38, 2),
    rank: t.bigint().describe('1 is the hour with the most trips.'),
  },
  { key: ['weekday', 'hour'], description: 'When the city takes a taxi: the hours of the week by trips.' },
)

export default notebook({
  description: 'Ranks the hours of the week by trips.',
  inputs: { trips: trips.pick('picked_up_at', 'total') },
  outputs: { hours: busiestHours },
  select: {
    hours: ({ trips }) => sql`
      SELECT
        isodow(picked_up_at) AS weekday,
        hour(picked_up_at) AS hour,
        count(*) AS trips,
        sum(total) AS revenue,
        rank() OVER (ORDER BY count(*) DESC) AS rank
      FROM ${trips} AS t
      GROUP BY ALL`,
  },
})
