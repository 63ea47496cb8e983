import { notebook, sql, table, t } from 'sluice'
import { z } from 'zod'
import { salesOrderItems } from '../import_data.ts'

export const shippingDelays = table(
  'northwind.ShippingDelays',
  {
    productID: t.integer(),
    customerID: t.varchar(),
    shipCity: t.varchar(),
    shipCountry: t.varchar(),
    revenue: t.decimal(38, 4).describe('Of the lines that were late.'),
    quantity: t.bigint(),
    delay: t.bigint().check('delay > 0').describe('Days after the required date, of all lines together.'),
  },
  {
    key: ['productID', 'customerID', 'shipCity', 'shipCountry'],
    description: 'What was shipped too late in a year.',
  },
)

export default notebook({
  description: 'Sums the delays of one year by product, customer and city.',
  inputs: {
    items: salesOrderItems.pick(
      'orderDate',
      'requiredDate',
      'shippedDate',
      'productID',
      'customerID',
      'shipCity',
      'shipCountry',
      'revenue',
      'quantity',
    ),
  },
  outputs: { delays: shippingDelays },
  args: z.object({ year: z.int() }),
  select: {
    delays: ({ items }, args) => sql`
      SELECT
        productID,
        customerID,
        shipCity,
        shipCountry,
        sum(revenue) AS revenue,
        sum(quantity) AS quantity,
        sum(date_diff('day', requiredDate, shippedDate)) AS delay
      FROM ${items} AS i
      WHERE year(orderDate) = ${args.year} AND shippedDate > requiredDate
      GROUP BY productID, customerID, shipCity, shipCountry`,
  },
})
