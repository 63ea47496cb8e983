import { notebook, sql, table, t } from 'sluice'
import { trips } from '../silver/clean_trips.ts'
import { zones } from '../silver/zones.ts'

export const revenueByDayZone = table(
  'gold.revenue_by_day_zone',
  {
    day: t.date(),
    zone_id: t.integer(),
    zone: t.varchar().nullable(),
    borough: t.varchar().nullable(),
    trips: t.bigint(),
    fares: t.decimal(38, 2),
    revenue: t.decimal(38, 2).describe('Fares with tips, tolls and surcharges.'),
  },
  {
    key: ['day', 'zone_id'],
    checks: ['trips > 0', 'fares <= revenue'],
    description: 'What the trips of a day brought, by the zone where they began.',
  },
)

export default notebook({
  description: 'Sums trips by day and zone.',
  inputs: { trips: trips.pick('picked_up_at', 'pickup_zone_id', 'fare', 'total'), zones },
  outputs: { revenue: revenueByDayZone },
  select: {
    revenue: ({ trips, zones }) => sql`
      SELECT
        CAST(t.picked_up_at AS DATE) AS day,
        z.zone_id,
        z.zone,
        z.borough,
        count(*) AS trips,
        sum(t.fare) AS fares,
        sum(t.total) AS revenue
      FROM ${trips} AS t
      JOIN ${zones} AS z ON z.zone_id = t.pickup_zone_id
      GROUP BY ALL`,
  },
})
