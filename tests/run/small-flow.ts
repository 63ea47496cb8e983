/** A small flow of three steps: a source, a `select` that picks columns and has an arg, and a `run`. */
export const smallFlow = {
  'data/sales.csv': 'id,region,amount,note\n1,north,10.50,a\n2,south,20.00,b\n3,north,5.25,c\n',
  'notebooks/bronze/ingest.ts': `import { notebook, source, sql, t, table } from 'sluice'

export const salesFiles = source.csv('data/*.csv', {
  columns: { id: t.bigint(), region: t.varchar(), amount: t.decimal(10, 2), note: t.varchar().nullable() },
})

export const sales = table('bronze.sales', {
  id: t.bigint(),
  region: t.varchar(),
  amount: t.decimal(10, 2),
  note: t.varchar().nullable(),
})

export default notebook({
  inputs: { files: salesFiles },
  outputs: { sales },
  select: { sales: ({ files }) => sql\`SELECT * FROM \${files} AS f\` },
})
`,
  'notebooks/silver/totals.ts': `import { notebook, sql, t, table } from 'sluice'
import { z } from 'zod'
import { sales } from '../bronze/ingest.ts'
import { upper } from '../shared/text.ts'

export const totals = table(
  'silver.totals',
  { region: t.varchar(), total: t.decimal(38, 2).check('total >= 0') },
  { key: ['region'], description: 'Sales by region.' },
)

export default notebook({
  inputs: { sales: sales.pick('region', 'amount') },
  outputs: { totals },
  args: z.object({ least: z.number().default(0) }),
  select: {
    totals: ({ sales }, { least }) => sql\`
      SELECT \${upper('region')} AS region, sum(amount) AS total
      FROM \${sales} AS s
      WHERE amount >= \${least}
      GROUP BY ALL\`,
  },
})
`,
  'notebooks/shared/text.ts': `import { sql } from 'sluice'

/** A column in capitals. */
export const upper = (column: string) => sql\`upper(\${sql.id(column)})\`
`,
  'notebooks/gold/report.ts': `import { notebook, t, table } from 'sluice'
import { totals } from '../silver/totals.ts'

export const report = table('gold.report', { line: t.varchar() })

export default notebook({
  inputs: { totals },
  outputs: { report },
  async run({ inputs, outputs }) {
    let count = 0
    for await (const row of inputs.totals.rows()) {
      await outputs.report.insert({ line: \`\${row.region}: \${row.total}\` })
      count++
    }
    if (count === 0) await outputs.report.empty()
    return { count }
  },
})
`,
  'flows/sales.ts': `import { flow } from 'sluice'
import ingest, { salesFiles } from '../notebooks/bronze/ingest.ts'
import totals from '../notebooks/silver/totals.ts'
import report from '../notebooks/gold/report.ts'

export default flow('sales').source(salesFiles).step(ingest).step(totals, { args: { least: 1 } }).step(report)
`,
} as const
