const head = `import { notebook, sql, t, table } from 'sluice'
import { orders } from '../orders.ts'
`

/** A project with a mistake in most of its files. */
export const mistakes = {
  'sluice.yaml': 'env: dev\nconcurency: 2\n',
  'storage/lab.yaml': 'kind: locl\n',
  'notebooks/orders.ts': `import { notebook, source, sql, t, table } from 'sluice'

export const orderFiles = source.csv('data/*.csv', {
  columns: { id: t.bigint(), customer: t.varchar(), amount: t.decimal(12, 4), placed_at: t.timestamp() },
})

export const orders = table('bronze.orders', {
  id: t.bigint(),
  customer: t.varchar(),
  amount: t.decimal(12, 4),
  placed_at: t.timestamp(),
}, { key: ['id'] })

export default notebook({
  inputs: { files: orderFiles },
  outputs: { orders },
  select: { orders: ({ files }) => sql\`SELECT * FROM \${files} AS f\` },
})
`,
  'notebooks/shared/pieces.ts': `import { sql, type Relation } from 'sluice'

/** Rows since a day; the column is misspelt. */
export const since = (day: string) => sql\`
  -- Größe, \\u00e9 and a \\\`tick\\\`
  ordered_at >= \${day}\`

export const recent = (orders: Relation) => sql\`SELECT * FROM \${orders} AS o WHERE \${since('2024-01-01')}\`
`,
  'notebooks/silver/cte.ts': `${head}
export const big = table('silver.big', { id: t.bigint(), amount: t.decimal(12, 4) }, { key: ['id'] })

export default notebook({
  inputs: { orders },
  outputs: { big },
  select: {
    big: ({ orders }) => sql\`
      WITH priced AS (
        SELECT id, amount, 'größer' AS wie, priice
        FROM \${orders} AS o
      )
      SELECT id, amount FROM priced\`,
  },
})
`,
  'notebooks/silver/join.ts': `${head}
export const pairs = table('silver.pairs', { id: t.bigint(), other: t.varchar() })

export default notebook({
  inputs: { orders },
  outputs: { pairs },
  select: {
    pairs: ({ orders }) => sql\`
      SELECT a.id, b.custmer AS other
      FROM \${orders} AS a
      JOIN \${orders} AS b USING (id)\`,
  },
})
`,
  'notebooks/silver/by_text.ts': `${head}
export const copy = table('silver.copy', { id: t.bigint() })

export default notebook({
  inputs: { orders },
  outputs: { copy },
  select: {
    copy: ({ orders }) => sql\`
      SELECT o.id FROM \${orders} AS o
      WHERE o.id IN (SELECT id FROM bronze.orders)\`,
  },
})
`,
  'notebooks/silver/columns.ts': `${head}
export const slim = table('silver.slim', { id: t.bigint(), amount: t.decimal(12, 4), customer: t.varchar() })

export default notebook({
  inputs: { orders },
  outputs: { slim },
  select: {
    slim: ({ orders }) => sql\`
      SELECT id, CAST(amount AS VARCHAR) AS amount, placed_at
      FROM \${orders} AS o\`,
  },
})
`,
  'notebooks/silver/after.ts': `${head}
export const after = table('silver.after', { id: t.bigint(), amount: t.decimal(12, 4), two: t.integer() })

export default notebook({
  inputs: { orders },
  outputs: { after },
  select: {
    after: ({ orders }) => sql\`
      WITH late AS (
        SELECT id, 'größer' || amount AS amount, placed_at, 2 AS zwei
        FROM \${orders} AS o
      )
      SELECT * FROM late\`,
  },
})
`,
  'notebooks/silver/first.ts': `${head}
export const first = table('silver.first', { id: t.bigint(), at: t.list(t.timestamp()) })

export default notebook({
  inputs: { orders },
  outputs: { first },
  select: {
    first: ({ orders }) => sql\`
      SELECT o.id, g.at
      FROM (FROM \${orders} ORDER BY amount LIMIT 3) AS o
      JOIN (SELECT customer, list(placed_at) AS at FROM \${orders} GROUP BY customer) AS g USING (customer)\`,
  },
})
`,
  'notebooks/silver/lossy.ts': `${head}
export const cents = table('silver.cents', { id: t.bigint(), cents: t.integer() }, { key: ['id'] })

export default notebook({
  inputs: { orders },
  outputs: { cents },
  select: {
    cents: ({ orders }) => sql\`
      SELECT id,
        CAST(amount AS INTEGER) AS cents
      FROM \${orders} AS o\`,
  },
})
`,
  'notebooks/silver/twice.ts': `${head}
export const one = table('silver.one', { id: t.bigint(), n: t.bigint() })
export const two = table('silver.two', { id: t.bigint(), n: t.bigint() })

export default notebook({
  inputs: { orders },
  outputs: { one, two },
  select: {
    one: ({ orders }) => sql\`
      SELECT id,
        count(*) OVER (PARTITION BY client) AS n
      FROM \${orders} AS o\`,
    two: ({ orders }) => sql\`
      SELECT id + 0 AS id,
        count(*) OVER (PARTITION BY client) AS n
      FROM \${orders} AS o\`,
  },
})
`,
  'notebooks/silver/pieces.ts': `${head}import { recent } from '../shared/pieces.ts'

export const late = table('silver.late', { id: t.bigint() })

export default notebook({
  inputs: { orders },
  outputs: { late },
  select: { late: ({ orders }) => sql\`SELECT id FROM (\${recent(orders)})\` },
})
`,
  'notebooks/silver/daily.ts': `${head}
export const daily = table('silver.daily', { day: t.date(), amount: t.decimal(38, 4) })

export default notebook({
  inputs: { orders },
  outputs: { daily },
  select: { daily: ({ orders }) => sql.file(new URL('./daily.sql', import.meta.url), { orders }) },
})
`,
  'notebooks/silver/daily.sql': `-- One row a day.
SELECT CAST(placed_at AS DATE) AS day, sum(amont) AS amount
FROM $orders AS o
GROUP BY ALL
`,
  'notebooks/silver/typed.ts': `import { notebook, sql, t, table } from 'sluice'

export const typed = table('silver.typed', {
  id: t.bigint(),
  amount: t.decimal(99, 2),
})

export default notebook({ inputs: {}, outputs: { typed }, select: { typed: () => sql\`SELECT 1\` } })
`,
  'notebooks/silver/checked.ts': `${head}
export const checked = table('silver.checked', { id: t.bigint() }, { key: ['ident'] })

export default notebook({
  inputs: { orders },
  outputs: { checked },
  select: { checked: ({ orders }) => sql\`SELECT id FROM \${orders} AS o\` },
})
`,
  'notebooks/gold/a.ts': `import { notebook, sql, t, table } from 'sluice'
import { b } from './b.ts'

export const a = table('gold.a', { id: t.bigint() })

export default notebook({ inputs: { b }, outputs: { a }, select: { a: ({ b }) => sql\`FROM \${b}\` } })
`,
  'notebooks/gold/b.ts': `import { notebook, sql, t, table } from 'sluice'
import { a } from './a.ts'

export const b = table('gold.b', { id: t.bigint() })

export default notebook({ inputs: { a }, outputs: { b }, select: { b: ({ a }) => sql\`FROM \${a}\` } })
`,
  'notebooks/gold/needs.ts': `import { notebook, sql, t, table } from 'sluice'
import { z } from 'zod'
import { orders } from '../orders.ts'

export const needs = table('gold.needs', { id: t.bigint() })

export default notebook({
  inputs: { orders },
  outputs: { needs },
  args: z.object({ year: z.number() }),
  select: { needs: ({ orders }, { year }) => sql\`SELECT id FROM \${orders} AS o WHERE year(placed_at) = \${year}\` },
})
`,
  'flows/silver.ts': `import { flow } from 'sluice'
import orders, { orderFiles } from '../notebooks/orders.ts'
import cte from '../notebooks/silver/cte.ts'
import join from '../notebooks/silver/join.ts'
import needs from '../notebooks/gold/needs.ts'

export default flow('silver')
  .source(orderFiles)
  .step(orders)
  .step(cte)
  .step(join)
  .step(needs, { args: { year: 'last' } } as never)
`,
  'flows/nobody.ts': `import { flow } from 'sluice'
import twice from '../notebooks/silver/twice.ts'

export default flow('nobody').step(twice as never)
`,
  'flows/other.yaml': `steps:
  - notebok: silver/cte
`,
} as const
