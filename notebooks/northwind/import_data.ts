import { notebook, sql, table, t } from 'sluice'
import { orderDetails, orders } from './ingest_data.ts'

export const salesOrderItems = table(
  'northwind.SalesOrderItems',
  {
    orderID: t.integer().references(orders, 'orderID'),
    customerID: t.varchar(),
    orderDate: t.date(),
    requiredDate: t.date(),
    shippedDate: t.date().nullable(),
    shipCity: t.varchar(),
    shipCountry: t.varchar(),
    productID: t.integer(),
    unitPrice: t.decimal(10, 2),
    quantity: t.integer(),
    discount: t.decimal(4, 2).max('0.20', { severity: 'warn', name: 'discount_usual' }),
    price: t.decimal(18, 2).describe('Before the discount.'),
    revenue: t.decimal(18, 4).describe('After the discount.'),
  },
  {
    key: ['orderID', 'productID'],
    checks: ['revenue <= price'],
    description: 'The lines of all orders, with what they cost and what they bring.',
  },
)

export default notebook({
  description: 'Joins orders with their lines.',
  inputs: { orders, details: orderDetails },
  outputs: { items: salesOrderItems },
  select: {
    items: ({ orders, details }) => sql`
      SELECT
        o.*,
        d.productID,
        d.unitPrice,
        d.quantity,
        d.discount,
        d.unitPrice * d.quantity AS price,
        d.unitPrice * d.quantity * (1 - d.discount) AS revenue
      FROM ${orders} AS o
      JOIN ${details} AS d USING (orderID)`,
  },
})
