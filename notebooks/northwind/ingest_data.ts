import { notebook, sql, table, t } from 'sluice'
import { orderDetailsFile, ordersFile } from './sources.ts'

export const orders = table(
  'northwind.Orders',
  {
    orderID: t.integer(),
    customerID: t.varchar(),
    orderDate: t.date(),
    requiredDate: t.date().describe('When the customer wants it.'),
    shippedDate: t.date().nullable().describe('NULL: not shipped yet.'),
    shipCity: t.varchar(),
    shipCountry: t.varchar(),
  },
  { key: ['orderID'], checks: ['requiredDate >= orderDate'], description: 'One row for each order.' },
)

export const orderDetails = table(
  'northwind.OrderDetails',
  {
    orderID: t.integer(),
    productID: t.integer(),
    unitPrice: t.decimal(10, 2).check('unitPrice >= 0'),
    quantity: t.integer().check('quantity > 0'),
    discount: t.decimal(4, 2).check('discount BETWEEN 0 AND 1').describe('A share: 0.25 is a quarter off.'),
  },
  { key: ['orderID', 'productID'], description: 'One row for each product of an order.' },
)

export default notebook({
  description: 'Takes the orders in, with days instead of times of day.',
  inputs: { orders: ordersFile, details: orderDetailsFile },
  outputs: { orders, orderDetails },
  select: {
    orders: (from) => sql`
      SELECT DISTINCT
        orderID,
        customerID,
        CAST(orderDate AS DATE) AS orderDate,
        CAST(requiredDate AS DATE) AS requiredDate,
        CAST(shippedDate AS DATE) AS shippedDate,
        shipCity,
        shipCountry
      FROM ${from.orders} AS o`,
    orderDetails: (from) => sql`
      SELECT DISTINCT orderID, productID, unitPrice, quantity, discount
      FROM ${from.details} AS d`,
  },
})
