import type { Golden } from './golden.ts'

/** The figures of the taxi flow, by SQL of their own over the published files. */

// Not strict: two of the files end their last line in another way than the others.
const all = `
  SELECT CAST(pickup_datetime AS TIMESTAMP) AS up, CAST(dropoff_datetime AS TIMESTAMP) AS down,
    CAST(pickup_location_id AS INTEGER) AS zone, CAST(trip_distance AS DECIMAL(18,2)) AS miles,
    CAST(fare_amount AS DECIMAL(18,2)) AS fare, CAST(total_amount AS DECIMAL(18,2)) AS total
  FROM read_csv('data/nyc-taxi/yellow_tripdata_sample_2019-*.csv.gz',
    all_varchar = true, header = true, delim = ',', quote = '"', strict_mode = false)`
const outside = `up < '2019-01-01' OR up >= '2020-01-01'`
const late = `NOT (${outside}) AND down <= up`
const negative = `NOT (${outside}) AND down > up AND (fare < 0 OR total < 0)`
const negativeMiles = `NOT (${outside}) AND down > up AND fare >= 0 AND total >= 0 AND miles < 0`
const noMiles = `NOT (${outside}) AND down > up AND fare > 0 AND total >= 0 AND miles = 0`
const good = `NOT (${outside}) AND down > up AND fare >= 0 AND total >= 0 AND (miles > 0 OR miles = 0 AND fare = 0)`

const zones = `read_csv('data/nyc-taxi/taxi_zone_lookup.csv', all_varchar = true, header = true, delim = ',', quote = '"')`

export const taxi: readonly Golden[] = [
  {
    what: 'bronze keeps every published trip',
    raw: `SELECT count(*) AS "rows", count(DISTINCT month(up)) AS months FROM (${all})`,
    built: `SELECT count(*) AS "rows", count(DISTINCT substr(pickup_datetime, 6, 2)) AS months FROM bronze.trips`,
    expected: [{ rows: 120000, months: 12 }],
  },
  {
    what: 'silver knows every zone',
    raw: `SELECT count(*) AS "rows", count(nullif(Zone, 'N/A')) AS named FROM ${zones}`,
    built: 'SELECT count(*) AS "rows", count(zone) AS named FROM silver.zones',
    expected: [{ rows: 265, named: 264 }],
  },
  {
    what: 'silver keeps the trips that make sense',
    raw: `SELECT count(*) AS "rows", sum(fare) AS fares, sum(total) AS paid, sum(miles) AS miles
      FROM (${all}) WHERE ${good}`,
    built:
      'SELECT count(*) AS "rows", sum(fare) AS fares, sum(total) AS paid, sum(miles) AS miles FROM silver.trips',
    expected: [{ rows: 118766, fares: 1568637.23, paid: 2260211.01, miles: 357812.04 }],
  },
  {
    what: 'silver rejects the others',
    raw: `SELECT count(*) AS "rows" FROM (${all}) WHERE NOT (${good})`,
    built: 'SELECT count(*) AS "rows" FROM silver.trip_rejects',
    expected: [{ rows: 1234 }],
  },
  {
    what: 'gold says why they were rejected',
    raw: `SELECT count(*) FILTER (${noMiles}) AS without_distance, count(*) FILTER (${negative}) AS negative,
        count(*) FILTER (${late}) AS not_after, count(*) FILTER (${negativeMiles}) AS negative_miles,
        count(*) FILTER (${outside}) AS other_year
      FROM (${all})`,
    built: `SELECT sum(trips) FILTER (reason = 'fare without distance') AS without_distance,
        sum(trips) FILTER (reason = 'negative fare') AS negative,
        sum(trips) FILTER (reason = 'dropoff not after pickup') AS not_after,
        sum(trips) FILTER (reason = 'negative distance') AS negative_miles,
        sum(trips) FILTER (reason = 'pickup in another year') AS other_year
      FROM gold.reject_reasons`,
    expected: [{ without_distance: 888, negative: 229, not_after: 104, negative_miles: 12, other_year: 1 }],
  },
  {
    what: 'gold sums a day of a zone',
    raw: `SELECT count(*) AS "rows", sum(trips) AS trips, sum(paid) AS paid, count(DISTINCT day) AS days
      FROM (SELECT CAST(up AS DATE) AS day, zone, count(*) AS trips, sum(total) AS paid
        FROM (${all}) WHERE ${good} GROUP BY 1, 2)`,
    built: `SELECT count(*) AS "rows", sum(trips) AS trips, sum(revenue) AS paid, count(DISTINCT day) AS days
      FROM gold.revenue_by_day_zone`,
    expected: [{ rows: 21978, trips: 118766, paid: 2260211.01, days: 365 }],
  },
  {
    what: 'gold finds the day on which a zone had the most trips',
    raw: `SELECT CAST(CAST(up AS DATE) AS VARCHAR) AS day, z.Zone AS zone, z.Borough AS borough, count(*) AS trips
      FROM (${all}) AS t JOIN ${zones} AS z ON t.zone = CAST(z.LocationID AS INTEGER)
      WHERE ${good} GROUP BY 1, 2, 3 ORDER BY trips DESC LIMIT 1`,
    built: `SELECT CAST(day AS VARCHAR) AS day, zone, borough, trips FROM gold.revenue_by_day_zone ORDER BY trips DESC LIMIT 1`,
    expected: [{ day: '2019-10-08', zone: 'Upper East Side South', borough: 'Manhattan', trips: 32 }],
  },
  {
    what: 'gold ranks the hours of the week',
    raw: `SELECT dayofweek(up) AS weekday, hour(up) AS hour, count(*) AS trips
      FROM (${all}) WHERE ${good} GROUP BY 1, 2 ORDER BY trips DESC LIMIT 3`,
    built: 'SELECT weekday, hour, trips FROM gold.busiest_hours WHERE rank <= 3 ORDER BY rank',
    expected: [
      { weekday: 2, hour: 19, trips: 1211 },
      { weekday: 3, hour: 18, trips: 1196 },
      { weekday: 4, hour: 18, trips: 1192 },
    ],
  },
]
