/** A file of a new project. */
export interface InitFile {
  readonly file: string
  readonly text: string
  /** Set for files that a project may have anyway: they stay as they are, and this is what to do about it. */
  readonly ifThere?: string
}

/** The files of a new project: a flow of two notebooks over a CSV file, and what they need to run. */
export function initFiles(version: string, name: string): readonly InitFile[] {
  return [
    { file: 'package.json', text: packageJson(version, name), ifThere: '' },
    {
      file: 'tsconfig.json',
      text: tsconfig,
      ifThere: ': it needs module NodeNext, allowImportingTsExtensions, noEmit',
    },
    { file: '.gitignore', text: gitignore, ifThere: ': add .sluice/ and storage/lake/ to it' },
    { file: 'README.md', text: readme(name), ifThere: '' },
    { file: 'sluice.yaml', text: config },
    { file: 'storage/local.yaml', text: storage },
    { file: 'raw_data/sales.csv', text: sales },
    { file: 'notebooks/silver/clean_sales.ts', text: cleanSales },
    { file: 'notebooks/gold/revenue_by_city.ts', text: revenueByCity },
    { file: 'flows/sales.ts', text: flow },
    { file: 'tests/clean_sales.test.ts', text: test },
  ]
}

function packageJson(version: string, name: string): string {
  const manifest = {
    name,
    private: true,
    type: 'module',
    scripts: { run: 'sluice run', check: 'tsc', test: 'sluice test' },
    dependencies: { sluice: `^${version}`, zod: '^4.6.0' },
    devDependencies: { '@types/node': '^20.19.0', typescript: '^6.0.0', vitest: '^4.1.0' },
  }
  return `${JSON.stringify(manifest, undefined, 2)}\n`
}

const tsconfig = `{
  "compilerOptions": {
    "target": "ES2022",
    "module": "NodeNext",
    "moduleResolution": "NodeNext",
    "types": ["node"],
    "strict": true,
    "allowImportingTsExtensions": true,
    "verbatimModuleSyntax": true,
    "skipLibCheck": true,
    "noEmit": true
  },
  "include": ["notebooks", "flows", "tests"]
}
`

const gitignore = `node_modules/
.sluice/
storage/lake/
`

const config = `# Settings of the project; all can be left out.
env: dev
storage: local
# Environments that are never a default: their name must be said.
protected: [prod]
`

const storage = `# Where the tables are kept: a folder, relative to the project.
kind: local
root: storage/lake
`

const sales = `day,city,product,amount
2026-01-02,Berlin,tea,12.50
2026-01-02,Lisbon,coffee,8.00
2026-01-03,Berlin,coffee,9.90
2026-01-03,Lisbon,tea,
2026-01-04,Oslo,tea,21.40
2026-01-05,Lisbon,coffee,15.25
`

const cleanSales = `import { notebook, source, sql, t, table } from 'sluice'
import { z } from 'zod'

export const salesFiles = source.csv('raw_data/sales*.csv', {
  columns: {
    day: t.date(),
    city: t.varchar(),
    product: t.varchar(),
    amount: t.decimal(10, 2).nullable(),
  },
})

export const sales = table(
  'silver.sales',
  {
    day: t.date(),
    city: t.varchar(),
    product: t.varchar(),
    amount: t.decimal(10, 2).check('amount > 0'),
  },
  { description: 'Sales with an amount.' },
)

export default notebook({
  description: 'Leaves out sales without an amount, or with one that is too small.',
  inputs: { files: salesFiles },
  outputs: { sales },
  args: z.object({ least: z.number().default(0).describe('the smallest amount that counts') }),
  select: {
    sales: ({ files }, args) => sql\`
      SELECT day, city, product, amount
      FROM \${files}
      WHERE amount > \${args.least}\`,
  },
})
`

const revenueByCity = `import { notebook, sql, t, table } from 'sluice'
import { sales } from '../silver/clean_sales.ts'

export const revenueByCity = table(
  'gold.revenue_by_city',
  {
    city: t.varchar(),
    sales: t.bigint(),
    revenue: t.decimal(38, 2),
  },
  { key: ['city'], description: 'What was sold in each city.' },
)

export default notebook({
  description: 'Adds up the sales of each city.',
  inputs: { sales: sales.pick('city', 'amount') },
  outputs: { revenueByCity },
  select: {
    revenueByCity: ({ sales }) => sql\`
      SELECT city, count(*) AS sales, sum(amount) AS revenue
      FROM \${sales}
      GROUP BY city\`,
  },
})
`

const flow = `import { flow } from 'sluice'
import cleanSales, { salesFiles } from '../notebooks/silver/clean_sales.ts'
import revenueByCity from '../notebooks/gold/revenue_by_city.ts'

export default flow('sales').source(salesFiles).step(cleanSales).step(revenueByCity)
`

const test = `import { test } from 'vitest'
import { given } from 'sluice/testing'
import cleanSales from '../notebooks/silver/clean_sales.ts'

test('sales without an amount are left out, and those that are too small', async () => {
  await given(cleanSales, {
    // Columns that a row leaves out are filled from the contract.
    files: [{ city: 'Berlin', amount: '12.50' }, { city: 'Lisbon' }, { city: 'Oslo', amount: '2' }],
    args: { least: 5 },
  }).expect({ sales: [{ city: 'Berlin', amount: '12.50' }] })
})
`

function readme(name: string): string {
  return `# ${name}

Notebooks over tables, chained by Sluice.

\`\`\`sh
npm install
npx sluice run                         # runs what is stale
npx sluice run                         # nothing to do: all is fresh
npx sluice show gold.revenue_by_city   # columns and rows
npx sluice explain revenue_by_city     # why it is fresh or stale
npx sluice run --arg least=10          # with another arg
npx sluice test                        # tests of notebooks, and checks of tables
\`\`\`

- \`notebooks/\`: each module declares the tables that it reads and writes
- \`flows/\`: which notebooks run as steps
- \`raw_data/\`: the files that come from outside
- \`storage/\`: where the tables are kept
- \`tests/\`: tests of notebooks
`
}
