import { notebook, sql, table, t, type Relation, type Sql } from 'sluice'
import { z } from 'zod'
import { rawTrips } from '../bronze/ingest_trips.ts'
import { zones } from './zones.ts'

export const trips = table(
  'silver.trips',
  {
    month: t.varchar().describe('The month in which the trip was published.'),
    picked_up_at: t.timestamp(),
    dropped_off_at: t.timestamp(),
    pickup_zone_id: t.integer().references(zones, 'zone_id'),
    dropoff_zone_id: t.integer().references(zones, 'zone_id'),
    vendor_id: t.smallint().nullable(),
    passengers: t.smallint().nullable(),
    miles: t.decimal(8, 2).check('miles >= 0'),
    payment: t.varchar().nullable().describe('NULL: the meter did not say.'),
    fare: t.decimal(10, 2).check('fare >= 0'),
    tip: t.decimal(10, 2),
    tolls: t.decimal(10, 2),
    total: t.decimal(10, 2).check('total >= 0').describe('What the passenger paid, with all surcharges.'),
  },
  {
    key: ['picked_up_at', 'dropped_off_at', 'pickup_zone_id', 'dropoff_zone_id'],
    checks: ['dropped_off_at > picked_up_at'],
    partitionBy: ['month'],
    description: 'One row for each trip that makes sense.',
  },
)

export const tripRejects = table(
  'silver.trip_rejects',
  { ...rawTrips.columns, reason: t.varchar().describe('The first rule that the trip breaks.') },
  { partitionBy: ['month'], description: 'Trips that were left out, as published, with the reason.' },
)

/** The trips with typed columns beside those of the file, and the reason to reject them or NULL. */
function judged(raw: Relation, known: Relation, year: number): Sql {
  return sql`
    WITH typed AS (
      SELECT
        *,
        TRY_CAST(pickup_datetime AS TIMESTAMP) AS picked_up_at,
        TRY_CAST(dropoff_datetime AS TIMESTAMP) AS dropped_off_at,
        TRY_CAST(pickup_location_id AS INTEGER) AS pickup_zone_id,
        TRY_CAST(dropoff_location_id AS INTEGER) AS dropoff_zone_id,
        TRY_CAST(trip_distance AS DECIMAL(8, 2)) AS miles,
        TRY_CAST(fare_amount AS DECIMAL(10, 2)) AS fare,
        TRY_CAST(tip_amount AS DECIMAL(10, 2)) AS tip,
        TRY_CAST(tolls_amount AS DECIMAL(10, 2)) AS tolls,
        TRY_CAST(total_amount AS DECIMAL(10, 2)) AS total
      FROM ${raw} AS r
    )
    SELECT
      *,
      CASE
        WHEN picked_up_at IS NULL OR dropped_off_at IS NULL THEN 'time is not readable'
        WHEN miles IS NULL OR fare IS NULL OR tip IS NULL OR tolls IS NULL OR total IS NULL
          THEN 'amount is not readable'
        WHEN pickup_zone_id IS NULL OR pickup_zone_id NOT IN (SELECT zone_id FROM ${known} AS k)
          OR dropoff_zone_id IS NULL OR dropoff_zone_id NOT IN (SELECT zone_id FROM ${known} AS k)
          THEN 'zone is not known'
        WHEN year(picked_up_at) <> ${year} THEN 'pickup in another year'
        WHEN dropped_off_at <= picked_up_at THEN 'dropoff not after pickup'
        WHEN fare < 0 OR total < 0 THEN 'negative fare'
        WHEN miles < 0 THEN 'negative distance'
        WHEN miles = 0 AND fare > 0 THEN 'fare without distance'
      END AS reason
    FROM typed`
}

export default notebook({
  description: 'Types the trips and parts those that make no sense from the others, month by month.',
  inputs: { raw: rawTrips, zones: zones.pick('zone_id') },
  outputs: { trips, rejects: tripRejects },
  args: z.object({ year: z.int() }),
  partition: { by: 'month', every: 'month', lookback: 3, complete: { after: '10d' } },
  select: {
    trips: ({ raw, zones }, { year }) => sql`
      SELECT
        month,
        picked_up_at,
        dropped_off_at,
        pickup_zone_id,
        dropoff_zone_id,
        TRY_CAST(vendor_id AS SMALLINT) AS vendor_id,
        TRY_CAST(passenger_count AS SMALLINT) AS passengers,
        miles,
        CASE payment_type
          WHEN '1' THEN 'card'
          WHEN '2' THEN 'cash'
          WHEN '3' THEN 'no charge'
          WHEN '4' THEN 'dispute'
        END AS payment,
        fare,
        tip,
        tolls,
        total
      FROM (${judged(raw, zones, year)}) AS j
      WHERE reason IS NULL`,
    rejects: ({ raw, zones }, { year }) => sql`
      SELECT ${sql.join(Object.keys(rawTrips.columns).map(sql.id))}, reason
      FROM (${judged(raw, zones, year)}) AS j
      WHERE reason IS NOT NULL`,
  },
})
