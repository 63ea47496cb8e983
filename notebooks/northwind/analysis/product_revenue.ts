import { notebook, sql, table, t } from 'sluice'
import { z } from 'zod'
import { salesOrderItems } from '../import_data.ts'

export const productRevenueStats = table(
  'northwind.ProductRevenueStats',
  {
    productID: t.integer(),
    customerID: t.varchar(),
    revenue: t.decimal(38, 4),
    quantity: t.bigint().check('quantity > 0'),
    price: t.decimal(38, 2),
  },
  { key: ['productID', 'customerID'], description: 'What each customer has bought of a product in a year.' },
)

export default notebook({
  description: 'Sums the sales of one year by product and customer.',
  inputs: {
    items: salesOrderItems.pick('orderDate', 'productID', 'customerID', 'revenue', 'quantity', 'price'),
  },
  outputs: { stats: productRevenueStats },
  args: z.object({ year: z.int() }),
  select: {
    stats: ({ items }, args) => sql`
      SELECT
        productID,
        customerID,
        sum(revenue) AS revenue,
        sum(quantity) AS quantity,
        sum(price) AS price
      FROM ${items} AS i
      WHERE year(orderDate) = ${args.year}
      GROUP BY productID, customerID`,
  },
})
