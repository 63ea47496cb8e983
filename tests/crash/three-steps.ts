import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const orders = readFileSync(fileURLToPath(new URL('../data/order_details.csv', import.meta.url)), 'utf8')

/** The source as it is, and as it is after a change of two of its rows. */
export const sources = {
  before: orders,
  after: orders.replace('\n10248,11,14.00,12,0', '\n10248,11,99.00,12,0').replace('\n10248,42,9.80,10,0', ''),
} as const

export const sourceFile = 'data/order_details.csv'

/** The tables of the flow; those in one list are written by one step, and belong together. */
export const tablesByStep = [['bronze.lines'], ['silver.orders', 'silver.products'], ['gold.report']] as const

/** Three steps over real rows: a `select`, a `select` with two outputs, and a `run`. */
export const threeSteps = {
  [sourceFile]: sources.before,
  'notebooks/lines.ts': `import { notebook, source, sql, t, table } from 'sluice'

const columns = {
  orderID: t.integer(),
  productID: t.integer(),
  unitPrice: t.decimal(10, 2),
  quantity: t.integer(),
  discount: t.double(),
}
export const files = source.csv('${sourceFile}', { columns })
export const lines = table('bronze.lines', columns)

export default notebook({
  inputs: { files },
  outputs: { lines },
  select: { lines: ({ files }) => sql\`SELECT * FROM \${files} AS f\` },
})
`,
  'notebooks/totals.ts': `import { notebook, sql, t, table } from 'sluice'
import { lines } from './lines.ts'

export const orders = table('silver.orders', { orderID: t.integer(), total: t.decimal(38, 2) }, { key: ['orderID'] })
export const products = table('silver.products', { productID: t.integer(), total: t.decimal(38, 2) })

export default notebook({
  inputs: { lines: lines.pick('orderID', 'productID', 'unitPrice', 'quantity') },
  outputs: { orders, products },
  select: {
    orders: ({ lines }) => sql\`SELECT orderID, sum(unitPrice * quantity) AS total FROM \${lines} AS l GROUP BY ALL\`,
    products: ({ lines }) =>
      sql\`SELECT productID, sum(unitPrice * quantity) AS total FROM \${lines} AS l GROUP BY ALL\`,
  },
})
`,
  'notebooks/report.ts': `import { notebook, t, table } from 'sluice'
import { products } from './totals.ts'

export const report = table('gold.report', { line: t.varchar() })

export default notebook({
  inputs: { products },
  outputs: { report },
  async run({ inputs, outputs }) {
    for await (const { productID, total } of inputs.products.rows())
      await outputs.report.insert({ line: \`\${productID}: \${total}\` })
  },
})
`,
  'flows/orders.ts': `import { flow } from 'sluice'
import lines, { files } from '../notebooks/lines.ts'
import totals from '../notebooks/totals.ts'
import report from '../notebooks/report.ts'

export default flow('orders').source(files).step(lines).step(totals).step(report)
`,
} as const
