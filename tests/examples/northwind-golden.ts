import type { Golden } from './golden.ts'

/** The figures of Northwind, by SQL of their own over the CSV files: nothing here is shared with the notebooks. */

const lines = `
  SELECT o.customerID, o.shipCity, o.shipCountry, d.productID, d.quantity,
    CAST(o.orderDate AS DATE) AS ordered, CAST(o.requiredDate AS DATE) AS required,
    CAST(o.shippedDate AS DATE) AS shipped,
    CAST(d.unitPrice AS DECIMAL(10,4)) * CAST(d.quantity AS INTEGER)
      * (1 - CAST(d.discount AS DECIMAL(6,4))) AS revenue
  FROM read_csv('data/northwind/orders.csv', all_varchar = true, nullstr = 'NULL', delim = ',', quote = '"') AS o
  JOIN read_csv('data/northwind/order_details.csv', all_varchar = true, delim = ',', quote = '"') AS d
    ON o.orderID = d.orderID`

const revenueOf = (year: number) => `
  SELECT count(*) AS "rows", sum(revenue) AS revenue, sum(quantity) AS quantity
  FROM (SELECT sum(revenue) AS revenue, sum(CAST(quantity AS INTEGER)) AS quantity
    FROM (${lines}) WHERE ordered BETWEEN '${year}-01-01' AND '${year}-12-31'
    GROUP BY productID, customerID)`

const delaysOf = (year: number) => `
  SELECT productID AS product, customerID AS customer, shipCity AS city,
    sum(revenue) AS revenue, sum(shipped - required) AS delay
  FROM (${lines})
  WHERE ordered BETWEEN '${year}-01-01' AND '${year}-12-31' AND shipped - required > 0
  GROUP BY productID, customerID, shipCity, shipCountry`

const sums = (query: string) =>
  `SELECT count(*) AS "rows", sum(revenue) AS revenue, sum(delay) AS delay FROM (${query})`
const first = 'ORDER BY delay DESC, CAST(product AS INTEGER) LIMIT 1'

export const northwind: readonly Golden[] = [
  {
    what: 'SalesOrderItems holds every line with its revenue',
    raw: `SELECT count(*) AS "rows", sum(revenue) AS revenue FROM (${lines})`,
    built: 'SELECT count(*) AS "rows", sum(revenue) AS revenue FROM northwind.SalesOrderItems',
    expected: [{ rows: 2155, revenue: 1265793.0395 }],
  },
  {
    what: 'ProductRevenueStats sums the lines of 1997',
    raw: revenueOf(1997),
    built:
      'SELECT count(*) AS "rows", sum(revenue) AS revenue, sum(quantity) AS quantity FROM northwind.ProductRevenueStats',
    expected: [{ rows: 947, revenue: 617085.2035, quantity: 25489 }],
  },
  {
    what: 'ShippingDelays sums what came late in 1997',
    raw: sums(delaysOf(1997)),
    built:
      'SELECT count(*) AS "rows", sum(revenue) AS revenue, sum(delay) AS delay FROM northwind.ShippingDelays',
    expected: [{ rows: 52, revenue: 40599.75, delay: 360 }],
  },
  {
    what: 'the longest delay of 1997 is product 42 for GOURL in Campinas',
    raw: `SELECT CAST(product AS INTEGER) AS product, customer, city FROM (${delaysOf(1997)}) ${first}`,
    built: `SELECT productID AS product, customerID AS customer, shipCity AS city FROM northwind.ShippingDelays ${first}`,
    expected: [{ product: 42, customer: 'GOURL', city: 'Campinas' }],
  },
  {
    what: 'a flow in YAML sums the lines of 1998 under another name',
    raw: revenueOf(1998),
    built:
      'SELECT count(*) AS "rows", sum(revenue) AS revenue, sum(quantity) AS quantity FROM northwind.ProductRevenueStats1998',
    expected: [{ rows: 636, revenue: 440623.866, quantity: 16247 }],
  },
  {
    what: 'a flow in YAML sums what came late in 1998',
    raw: sums(delaysOf(1998)),
    built:
      'SELECT count(*) AS "rows", sum(revenue) AS revenue, sum(delay) AS delay FROM northwind.ShippingDelays1998',
    expected: [{ rows: 21, revenue: 18278.42, delay: 138 }],
  },
]
