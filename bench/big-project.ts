import { join } from 'node:path'
import { duckDb } from './processes.ts'
import { makeProject, writeFiles } from './scratch.ts'
import { duckDbSettings } from './settings.ts'

const salesFile = 'data/sales.parquet'
const productsFile = 'data/products.parquet'

/**
 * Writes a project of three steps over generated sales: all of them typed and checked, then with the price of
 * their product, then summed by day. `keyed` declares and so checks that ids are unique.
 */
export function writeBig(folder: string, rows: number, { keyed }: { readonly keyed: boolean }): void {
  makeProject(folder, {
    'notebooks/sales.ts': salesText(keyed),
    'notebooks/priced.ts': pricedText,
    'notebooks/daily.ts': dailyText,
    'flows/big.ts': flowText,
  })
  writeFiles(folder, { 'data/.keep': '' })
  const write = (query: string, file: string) =>
    `COPY (${query}) TO '${join(folder, file)}' (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)`
  const statements = [write(salesQuery(rows), salesFile), write(productsQuery, productsFile)]
  duckDb(folder, { settings: duckDbSettings(folder), statements })
}

/** The same tables as plain statements into a folder. */
export function bigStatements(project: string, folder: string): string[] {
  const copy = (query: string, name: string) =>
    `COPY (${query}) TO '${folder}/${name}.parquet' (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)`
  const read = (file: string) => `read_parquet(['${file}'])`
  return [
    copy(salesSql(read(`${project}/${salesFile}`)), 'sales'),
    copy(pricedSql(read(`${folder}/sales.parquet`), read(`${project}/${productsFile}`)), 'priced'),
    copy(dailySql(read(`${folder}/priced.parquet`)), 'daily'),
  ]
}

const salesQuery = (rows: number) => `
  SELECT
    i AS id,
    TIMESTAMP '2024-01-01' + to_seconds(CAST(hash(i) % 31536000 AS BIGINT)) AS sold_at,
    CAST(hash(i * 3) % 1000 AS INTEGER) AS product_id,
    CAST(hash(i * 5) % 200000 AS INTEGER) AS customer_id,
    CAST(1 + hash(i * 7) % 9 AS INTEGER) AS quantity,
    CASE WHEN i % 10 = 0 THEN NULL ELSE 'note ' || (hash(i * 11) % 5000) END AS note
  FROM range(${rows}) r(i)`

const productsQuery = `
  SELECT CAST(i AS INTEGER) AS product_id, CAST(1 + i % 90 AS DECIMAL(10, 2)) AS price, 'category ' || (i % 20) AS category
  FROM range(1000) r(i)`

const salesSql = (raw: string) => `
  SELECT id, sold_at, product_id, customer_id, quantity, note
  FROM ${raw} AS s
  WHERE quantity > 0`

const pricedSql = (sales: string, products: string) => `
  SELECT s.id, CAST(s.sold_at AS DATE) AS day, s.customer_id, p.category, s.quantity,
    CAST(s.quantity * p.price AS DECIMAL(12, 2)) AS amount
  FROM ${sales} AS s JOIN ${products} AS p ON p.product_id = s.product_id`

const dailySql = (priced: string) => `
  SELECT day, category, count(*) AS sales, CAST(sum(amount) AS DECIMAL(18, 2)) AS amount
  FROM ${priced} AS p
  GROUP BY day, category`

const rawColumns = `{
    id: t.bigint(),
    sold_at: t.timestamp(),
    product_id: t.integer(),
    customer_id: t.integer(),
    quantity: t.integer(),
    note: t.varchar().nullable(),
  }`

const salesText = (keyed: boolean) => `import { notebook, source, sql, table, t } from 'sluice'

export const salesFile = source.parquet('${salesFile}', { name: 'files.sales', columns: ${rawColumns} })

export const sales = table(
  'silver.sales',
  {
    id: t.bigint(),
    sold_at: t.timestamp(),
    product_id: t.integer(),
    customer_id: t.integer(),
    quantity: t.integer().check('quantity > 0'),
    note: t.varchar().nullable(),
  },${keyed ? ` { key: ['id'] },` : ''}
)

export default notebook({
  inputs: { raw: salesFile },
  outputs: { sales },
  select: { sales: ({ raw }) => sql\`${salesSql('${raw}')}\` },
})
`

const pricedText = `import { notebook, source, sql, table, t } from 'sluice'
import { sales } from './sales.ts'

export const productsFile = source.parquet('${productsFile}', {
  name: 'files.products',
  columns: { product_id: t.integer(), price: t.decimal(10, 2), category: t.varchar() },
})

export const priced = table('silver.priced', {
  id: t.bigint(),
  day: t.date(),
  customer_id: t.integer(),
  category: t.varchar(),
  quantity: t.integer(),
  amount: t.decimal(12, 2).check('amount >= 0'),
})

export default notebook({
  inputs: { sales, products: productsFile },
  outputs: { priced },
  select: { priced: ({ sales, products }) => sql\`${pricedSql('${sales}', '${products}')}\` },
})
`

const dailyText = `import { notebook, sql, table, t } from 'sluice'
import { priced } from './priced.ts'

export const daily = table('gold.daily', {
  day: t.date(),
  category: t.varchar(),
  sales: t.bigint(),
  amount: t.decimal(18, 2),
})

export default notebook({
  inputs: { priced: priced.pick('day', 'category', 'amount') },
  outputs: { daily },
  select: { daily: ({ priced }) => sql\`${dailySql('${priced}')}\` },
})
`

const flowText = `import { flow } from 'sluice'
import daily from '../notebooks/daily.ts'
import priced, { productsFile } from '../notebooks/priced.ts'
import sales, { salesFile } from '../notebooks/sales.ts'

export default flow('big').source(salesFile).source(productsFile).step(sales).step(priced).step(daily)
`
