import { source, t } from 'sluice'

/** Northwind writes the word NULL where a value is missing. */
const nulls = ['NULL']

export const ordersFile = source.csv('data/northwind/orders.csv', {
  name: 'northwind.orders_file',
  description: 'Orders as exported; freight, addresses and employees are left out.',
  nulls,
  extra: 'ignore',
  columns: {
    orderID: t.integer(),
    customerID: t.varchar(),
    orderDate: t.timestamp(),
    requiredDate: t.timestamp(),
    shippedDate: t.timestamp().nullable(),
    shipCity: t.varchar(),
    shipCountry: t.varchar(),
  },
})

export const orderDetailsFile = source.csv('data/northwind/order_details.csv', {
  name: 'northwind.order_details_file',
  description: 'The lines of the orders.',
  nulls,
  columns: {
    orderID: t.integer(),
    productID: t.integer(),
    unitPrice: t.decimal(10, 2),
    quantity: t.integer(),
    discount: t.decimal(4, 2),
  },
})
