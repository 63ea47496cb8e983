import { flow } from 'sluice'
import ingestTrips from '../notebooks/taxi/bronze/ingest_trips.ts'
import busiestHours from '../notebooks/taxi/gold/busiest_hours.ts'
import rejectReport from '../notebooks/taxi/gold/reject_report.ts'
import revenueByDayZone from '../notebooks/taxi/gold/revenue_by_day_zone.ts'
import revenueByMonth from '../notebooks/taxi/gold/revenue_by_month.ts'
import cleanTrips from '../notebooks/taxi/silver/clean_trips.ts'
import zones from '../notebooks/taxi/silver/zones.ts'
import { tripFiles, zoneFile } from '../notebooks/taxi/sources.ts'

export default flow('taxi', { description: 'Yellow taxis of New York in 2019, from files to figures.' })
  .source(tripFiles)
  .source(zoneFile)
  .step(ingestTrips)
  .step(zones)
  .step(cleanTrips, { args: { year: 2019 } })
  .step(revenueByDayZone)
  .step(revenueByMonth)
  .step(busiestHours)
  .step(rejectReport, { args: { warnAbove: 0.01 } })
