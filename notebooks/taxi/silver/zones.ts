import { notebook, sql, table, t } from 'sluice'
import { zoneFile } from '../sources.ts'

export const zones = table(
  'silver.zones',
  {
    zone_id: t.integer(),
    zone: t.varchar().nullable(),
    borough: t.varchar().nullable(),
    service_zone: t.varchar().nullable(),
  },
  { key: ['zone_id'], description: 'Where a taxi takes people up and sets them down.' },
)

export default notebook({
  inputs: { lookup: zoneFile },
  outputs: { zones },
  select: {
    zones: ({ lookup }) => sql`
      SELECT LocationID AS zone_id, Zone AS zone, Borough AS borough, service_zone
      FROM ${lookup} AS l`,
  },
})
