import { describe, test } from 'vitest'
import { given, rows } from 'sluice/testing'
import importData from '../../notebooks/northwind/import_data.ts'
import ingestData from '../../notebooks/northwind/ingest_data.ts'
import productRevenue from '../../notebooks/northwind/analysis/product_revenue.ts'
import shippingDelays from '../../notebooks/northwind/analysis/shipping_delays.ts'
import { orderDetailsFile } from '../../notebooks/northwind/sources.ts'
import importLoans from '../../notebooks/kiva/import_loans.ts'
import lenderCounts from '../../notebooks/kiva/lender_counts.ts'
import loadErrors from '../../notebooks/kiva/load_errors.ts'
import enrolmentCounts from '../../notebooks/university/enrolment_counts.ts'
import busiestHours from '../../notebooks/taxi/gold/busiest_hours.ts'
import rejectReport from '../../notebooks/taxi/gold/reject_report.ts'
import revenueByDayZone from '../../notebooks/taxi/gold/revenue_by_day_zone.ts'
import cleanTrips from '../../notebooks/taxi/silver/clean_trips.ts'

const day = (text: string) => new Date(text)

describe('taxi', () => {
  const trip = {
    pickup_datetime: '2019-01-01 10:00:00',
    dropoff_datetime: '2019-01-01 10:10:00',
    pickup_location_id: '1',
    dropoff_location_id: '2',
    trip_distance: '1.5',
    fare_amount: '12.5',
    tip_amount: '0',
    tolls_amount: '0',
    total_amount: '14.30',
    payment_type: '1',
  }
  const raw = (...changes: readonly Partial<typeof trip>[]) =>
    changes.map((change) => ({ ...trip, ...change }))
  const zones = [{ zone_id: 1 }, { zone_id: 2 }]

  test('clean_trips types a trip that makes sense', async () => {
    const run = given(cleanTrips, { raw: raw({}), zones, args: { year: 2019 } })
    await run.expect({
      trips: [{ fare: '12.50', payment: 'card', picked_up_at: day('2019-01-01T10:00:00Z') }],
    })
    await run.expectEmpty('rejects')
  })

  test('clean_trips rejects by the first rule that a trip breaks', async () => {
    const broken = raw(
      { pickup_datetime: 'soon' },
      { fare_amount: 'free' },
      { dropoff_location_id: '3' },
      { pickup_datetime: '2018-12-31 23:59:59' },
      { dropoff_datetime: '2019-01-01 10:00:00' },
      { fare_amount: '-1' },
      { trip_distance: '0' },
    )
    const run = given(cleanTrips, { raw: broken, zones, args: { year: 2019 } })
    await run.expectEmpty('trips')
    await run.expect({
      rejects: [
        { reason: 'time is not readable' },
        { reason: 'amount is not readable' },
        { reason: 'zone is not known' },
        { reason: 'pickup in another year' },
        { reason: 'dropoff not after pickup' },
        { reason: 'negative fare' },
        { reason: 'fare without distance' },
      ],
    })
  })

  test('busiest_hours ranks by trips', async () => {
    const monday = day('2019-01-07T08:00:00Z')
    const sunday = day('2019-01-06T20:00:00Z')
    await given(busiestHours, {
      trips: [
        { picked_up_at: monday, total: '1' },
        { picked_up_at: monday, total: '2' },
        { picked_up_at: sunday },
      ],
    }).expect({
      hours: [
        { weekday: 1, hour: 8, trips: 2n, revenue: '3', rank: 1n },
        { weekday: 7, hour: 20, trips: 1n, rank: 2n },
      ],
    })
  })

  test('revenue_by_day_zone leaves out zones that nobody knows', async () => {
    const at = day('2019-01-07T08:00:00Z')
    await given(revenueByDayZone, {
      trips: [
        { picked_up_at: at, fare: '5', total: '6' },
        { picked_up_at: at, fare: '1', total: '1' },
      ],
      zones: [{ zone_id: 4, borough: 'Queens' }],
    }).expect({ revenue: [{ zone_id: 4, borough: 'Queens', trips: 2n, fares: '6', revenue: '7' }] })
  })

  test('reject_report counts by reason and warns', async () => {
    const run = given(rejectReport, {
      trips: [{}],
      rejects: [{ reason: 'a' }, { reason: 'a' }, { reason: 'b' }],
    })
    await run.expect({
      reasons: [
        { reason: 'a', trips: 2, share: 0.5 },
        { reason: 'b', trips: 1 },
      ],
    })
    await run.result({ kept: 1, rejected: 3, share: 0.75 })
  })
})

describe('northwind', () => {
  test('ingest_data takes each line once, with days', async () => {
    const orders = [
      { orderID: 1, orderDate: day('1997-05-06T12:00:00Z'), requiredDate: day('1997-06-01T12:00:00Z') },
    ]
    const run = given(ingestData, { orders, details: rows.csv('fixtures/details.csv', orderDetailsFile) })
    await run.expect({
      orders: [
        { orderID: 1, orderDate: day('1997-05-06'), requiredDate: day('1997-06-01'), shippedDate: null },
      ],
      orderDetails: [
        { productID: 11, unitPrice: '14' },
        { productID: 42, discount: '0.25' },
      ],
    })
  })

  test('import_data takes the discount off', async () => {
    const details = [{ orderID: 1, unitPrice: '10', quantity: 3, discount: '0.25' }, { orderID: 2 }]
    await given(importData, { orders: [{ orderID: 1 }], details }).expect({
      items: [{ orderID: 1, price: '30', revenue: '22.5' }],
    })
  })

  test('product_revenue sums one year', async () => {
    const one = {
      orderDate: day('1997-02-01'),
      productID: 1,
      customerID: 'ALFKI',
      revenue: '10',
      quantity: 2,
    }
    await given(productRevenue, {
      items: [one, one, { ...one, orderDate: day('1998-01-01') }],
      args: { year: 1997 },
    }).expect({
      stats: [{ productID: 1, customerID: 'ALFKI', revenue: '20', quantity: 4n }],
    })
  })

  test('shipping_delays counts days late', async () => {
    const late = {
      orderDate: day('1997-01-01'),
      requiredDate: day('1997-01-10'),
      shippedDate: day('1997-01-13'),
    }
    await given(shippingDelays, {
      items: [late, { ...late, shippedDate: day('1997-01-10') }, { ...late, shippedDate: null }],
      args: { year: 1997 },
    }).expect({ delays: [{ delay: 3n }] })
  })
})

describe('kiva', () => {
  test('import_loans takes the translation of a description where there is one', async () => {
    const loan = { FUNDED_AMOUNT: '25', LOAN_AMOUNT: '50', STATUS: 'funded' }
    await given(importLoans, {
      file: [
        { ...loan, LOAN_ID: 1, DESCRIPTION: 'Un horno', DESCRIPTION_TRANSLATED: 'An oven' },
        { ...loan, LOAN_ID: 2, DESCRIPTION: 'A goat', DESCRIPTION_TRANSLATED: null },
      ],
    }).expect({
      loans: [
        { loan_id: 1, description: 'An oven', funded_amount: '25.00' },
        { loan_id: 2, description: 'A goat' },
      ],
    })
  })

  test('lender_counts counts names, and 0 for an empty list', async () => {
    await given(lenderCounts, {
      file: [
        { LOAN_ID: 1, LENDERS: 'ann, bob, cy' },
        { LOAN_ID: 2, LENDERS: null },
        { LOAN_ID: 3, LENDERS: ' , ' },
      ],
    }).expect({
      counts: [
        { loan_id: 1, lenders: 3 },
        { loan_id: 2, lenders: 0 },
        { loan_id: 3, lenders: 0 },
      ],
    })
  })

  test('load_errors counts lines by column, and gives their number', async () => {
    const run = given(loadErrors, {
      rejects: [
        { line: 9n, column: 'LOAN_ID' },
        { line: 4n, column: 'LOAN_ID' },
        { line: 5n, column: null },
      ],
    })
    await run.expect({
      errors: [
        { column: 'LOAN_ID', lines: 2n, first_line: 4n },
        { column: null, lines: 1n, first_line: 5n },
      ],
    })
    await run.result({ errors: 3 })
  })
})

describe('university', () => {
  test('enrolment_counts counts a student of two terms once, and programmes without students', async () => {
    await given(enrolmentCounts, {
      students: [
        { student_id: 'S1', major: 'History' },
        { student_id: 'S2', major: 'History' },
      ],
      programmes: [
        { programme_id: 'P1', programme: 'Bachelor of Arts' },
        { programme_id: 'P2', programme: 'Doctorate' },
      ],
      enrolments: [
        { student_id: 'S1', programme_id: 'P1' },
        { student_id: 'S1', programme_id: 'P1' },
        { student_id: 'S2', programme_id: 'P1' },
      ],
    }).expect({
      counts: [
        { major: 'History', programme: 'Bachelor of Arts', students: 2n },
        { major: 'History', programme: 'Doctorate', students: 0n },
      ],
    })
  })
})
