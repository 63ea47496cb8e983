import { source, t } from 'sluice'

const text = t.varchar().nullable()

/**
 * A file for each month. Everything is text here: what cannot be read as a number or a time is rejected later, with its
 * reason.
 */
export const tripFiles = source.csv('data/nyc-taxi/yellow_tripdata_sample_{month}.csv.gz', {
  name: 'tlc.yellow_trips_2019',
  description: 'Yellow-taxi trips, a sample of 10,000 for each month, as published.',
  columns: {
    vendor_id: text,
    pickup_datetime: text,
    dropoff_datetime: text,
    passenger_count: text,
    trip_distance: text,
    rate_code_id: text,
    store_and_fwd_flag: text,
    pickup_location_id: text,
    dropoff_location_id: text,
    payment_type: text,
    fare_amount: text,
    extra: text,
    mta_tax: text,
    tip_amount: text,
    tolls_amount: text,
    improvement_surcharge: text,
    total_amount: text,
    congestion_surcharge: text,
  },
})

export const zoneFile = source.csv('data/nyc-taxi/taxi_zone_lookup.csv', {
  name: 'tlc.zone_lookup',
  description: 'The taxi zones; zones outside of the city have no borough.',
  nulls: ['', 'N/A'],
  columns: {
    LocationID: t.integer(),
    Borough: t.varchar().nullable(),
    Zone: t.varchar().nullable(),
    service_zone: t.varchar().nullable(),
  },
})
