import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { NewProject, removeProjects } from '../cli/new-kit.ts'

afterAll(removeProjects)

const sources = `import { source, t } from 'sluice'

export const salesFiles = source.csv('raw/sales*.csv', {
  name: 'raw.sales',
  columns: { day: t.date(), 'the city': t.varchar(), amount: t.double().nullable() },
})
export const cityFile = source.csv('raw/city.csv', { columns: { city: t.varchar() } })
`

const sales = `import { notebook, sql, t, table as declare } from 'sluice'
import { salesFiles } from '../sources.ts'

const name = 'silver.sales'
export const sales = declare(name, {
  ...salesFiles.columns,
  order: t.decimal(10, 2),
  place: t.struct({ lat: t.double(), lon: t.double().nullable() }),
})
const hidden = declare('silver.hidden', { a: t.bigint() })
export default notebook({
  inputs: { salesFiles },
  outputs: { sales, hidden },
  select: {
    sales: (from) => sql\`SELECT *, 1 AS order, {lat: 1, lon: 2} AS place FROM \${from.salesFiles} AS s\`,
    hidden: () => sql\`SELECT 1 AS a\`,
  },
})
`

const totals = `import { t, table } from 'sluice'

export const totals = table('gold.totals', {
  day: t.date(),
  amount: t.decimal(18, 2).nullable(),
  note: t.varchar().nullable(),
})
`

function shop(): NewProject {
  const project = new NewProject()
  project.write('notebooks/sources.ts', sources)
  project.write('notebooks/silver/sales.ts', sales)
  project.write('notebooks/gold/tables.ts', totals)
  return project
}

describe('a notebook over tables of the project', () => {
  const project = shop()
  const made: string[] = []
  const add = async (name: string, ...words: string[]) => {
    made.push(`notebooks/${name}.ts`)
    return project.new('notebook', name, ...words)
  }

  beforeAll(async () => {
    await add('gold/best', '--reads', 'silver.sales,raw.sales', '--writes', 'gold.best')
    await add('totals', '--reads', 'silver.sales', '--writes', 'gold.totals')
    await add('gold/coded', '--reads', 'raw.sales', '--writes', 'gold.sales,gold.again', '--run')
    await add('gold/deep/cities', '--reads', 'raw/city.csv', '--writes', 'gold.cities')
  }, 60_000)

  it('imports them, and starts with the columns of the first', () => {
    expect(project.read('notebooks/gold/best.ts')).toBe(`import { notebook, sql, t, table } from 'sluice'
import { sales } from '../silver/sales.ts'
import { salesFiles } from '../sources.ts'

export const best = table('gold.best', {
  day: t.date(),
  'the city': t.varchar(),
  amount: t.double().nullable(),
  order: t.decimal(10, 2),
  place: sales.columns.place,
})

export default notebook({
  inputs: { sales, salesFiles },
  outputs: { best },
  select: {
    // Not used yet: salesFiles.
    best: ({ sales }) => sql\`
      SELECT
        x.day,
        x."the city",
        x.amount,
        x.order,
        x.place
      FROM \${sales} AS x\`,
  },
})
`)
  })

  it('writes a table that is declared already with its columns', () => {
    expect(project.read('notebooks/totals.ts')).toBe(`import { notebook, sql } from 'sluice'
import { totals } from './gold/tables.ts'
import { sales } from './silver/sales.ts'

export default notebook({
  inputs: { sales },
  outputs: { totals },
  select: {
    totals: ({ sales }) => sql\`
      SELECT
        x.day,
        CAST(x.amount AS DECIMAL(18,2)) AS amount,
        CAST(NULL AS VARCHAR) AS note
      FROM \${sales} AS x\`,
  },
})
`)
  })

  it('with --run has code that writes each table', () => {
    const text = project.read('notebooks/gold/coded.ts')
    expect(text).toContain(
      'inputs: { salesFiles },\n  outputs: { sales, again },\n  async run({ inputs, outputs }) {\n',
    )
    expect(text).toContain('    await outputs.again.write(sql`\n      SELECT\n        x.day,')
    expect(text).toContain('FROM ${inputs.salesFiles} AS x`)')
  })

  it('runs as it is', async () => {
    const row = `SELECT DATE '2024-01-02' AS day, 'Oslo' AS "the city", 2.5::DOUBLE AS amount, 1::DECIMAL(10, 2) AS order, {lat: 1::DOUBLE, lon: 2::DOUBLE} AS place`
    expect(await project.rowsOf('notebooks/gold/best.ts', { sales: row, salesFiles: row })).toBe(1)
    expect(await project.rowsOf('notebooks/totals.ts', { sales: row })).toBe(1)
  })

  it('compiles and is formatted as it is', { timeout: 120_000 }, async () => {
    for (const file of made) expect(await project.asFormatted(file)).toBe(project.read(file))
    expect(project.typeErrors().filter((line) => made.some((file) => line.startsWith(file)))).toEqual([])
  })
})

describe('a notebook by --from', () => {
  it('writes a table that is called like itself', async () => {
    const project = shop()
    await project.new('notebook', 'gold/daily', '--from', 'silver.sales,raw.sales')
    expect(project.read('notebooks/gold/daily.ts')).toContain("export const daily = table('gold.daily', {")
    expect(project.read('notebooks/gold/daily.ts')).toContain('inputs: { sales, salesFiles },')
  })

  it('says what it reads once', async () => {
    const project = shop()
    const codes = async (...words: string[]) =>
      (await project.refused('notebook', 'x', ...words)).map(({ message }) => message)
    expect(await codes('--writes', 'a.b')).toEqual(['what it reads is not said'])
    expect(await codes('--from', 'raw.sales', '--reads', 'silver.sales')).toEqual([
      '--from and --reads are the same',
    ])
  })
})

describe('a notebook is not made', () => {
  const project = shop()

  it.each([
    [
      'an unknown table',
      ['x', '--reads', 'silver.sale', '--writes', 'a.b'],
      'project/unknown',
      "did you mean 'silver.sales'?",
    ],
    [
      'a table that cannot be imported',
      ['x', '--reads', 'silver.hidden', '--writes', 'a.b'],
      'project/usage',
      'write `export const hidden`',
    ],
    [
      'a table that it writes',
      ['x', '--reads', 'silver.sales', '--writes', 'silver.sales'],
      'project/usage',
      'write another table',
    ],
    ['no table', ['x', '--reads', ' , ', '--writes', 'a.b'], 'project/usage', undefined],
  ])('that reads %s', async (_, words, code, hint) => {
    const problems = await project.refused('notebook', ...words)
    expect(problems.map((problem) => problem.code)).toEqual([code])
    expect(problems[0]?.hint).toBe(hint)
  })

  it.each([
    ['a source', 'raw.sales', 'project/usage'],
    ['a hostile name', 'a/../b', 'contract/name-invalid'],
    ['a name that differs in case only', 'silver.SALES', 'contract/name-clash'],
  ])('that writes %s', async (_, table, code) => {
    const problems = await project.refused('notebook', 'x', '--reads', 'raw/city.csv', '--writes', table)
    expect(problems.map((problem) => problem.code)).toEqual([code])
  })

  it.each(['../x', 'a/../../x', '/etc/x', 'a b', ''])('at %j', async (name) => {
    const problems = await project.refused('notebook', name, '--reads', 'raw.sales', '--writes', 'a.b')
    expect(problems.map((problem) => problem.code)).toEqual(['project/name-invalid'])
  })

  it('over another one, and tells all that is wrong at once', async () => {
    const problems = await project.refused('notebook', 'sources', '--reads', 'nope', '--writes', 'a..b')
    expect(problems.map((problem) => problem.code)).toEqual([
      'project/exists',
      'project/unknown',
      'contract/name-invalid',
    ])
    expect(project.read('notebooks/sources.ts')).toBe(sources)
  })
})

describe('a new notebook with --flow', () => {
  let project: NewProject
  beforeEach(() => {
    project = shop()
  })
  const cities = (name: string, ...words: string[]) =>
    project.new(
      'notebook',
      name,
      '--reads',
      'raw/city.csv',
      '--writes',
      'gold.cities',
      '--flow',
      'shop',
      ...words,
    )

  it('becomes its last step, with the sources that it reads; all else stays', async () => {
    project.write(
      'flows/shop.ts',
      `import { flow } from 'sluice'
import sales from '../notebooks/silver/sales.ts'
import { salesFiles } from '../notebooks/sources.ts'

/** All   of it. */
export default flow('shop')
  .source(salesFiles)   // as it comes
  .step(sales) // typed
`,
    )
    const printed = await cities('gold/cities')
    expect(project.read('flows/shop.ts')).toBe(`import { flow } from 'sluice'
import cities from '../notebooks/gold/cities.ts'
import sales from '../notebooks/silver/sales.ts'
import { salesFiles } from '../notebooks/sources.ts'
import { cityFile } from '../notebooks/sources.ts'

/** All   of it. */
export default flow('shop')
  .source(salesFiles)   // as it comes
  .step(sales) // typed
  .source(cityFile)
  .step(cities)
`)
    expect(printed).toBe('+ notebooks/gold/cities.ts\n~ flows/shop.ts\n\nNext:\n  npx sluice run shop\n')
  })

  it('keeps the style of the flow: semicolons, quotes, line ends, a chain in a variable', async () => {
    project.write(
      'flows/shop.ts',
      `import { flow } from "sluice";\r\nimport { cityFile } from "../notebooks/sources.ts";\r\nconst cities = flow("shop").source(cityFile);\r\nexport default cities;\r\n`,
    )
    await cities('gold/cities')
    expect(project.read('flows/shop.ts')).toBe(
      `import { flow } from "sluice";\r\nimport citiesStep from "../notebooks/gold/cities.ts";\r\nimport { cityFile } from "../notebooks/sources.ts";\r\n` +
        `const cities = flow("shop").source(cityFile).step(citiesStep);\r\nexport default cities;\r\n`,
    )
  })

  it(
    'breaks a chain that grows too long, and then compiles and is formatted',
    { timeout: 120_000 },
    async () => {
      project.write(
        'flows/shop.ts',
        `import { flow } from 'sluice'
import { cityFile } from '../notebooks/sources.ts'

export default flow('shop', { description: 'A shop in several cities, in one long line.' }).source(cityFile)
`,
      )
      await cities('gold/cities_of_the_shop')
      const text = project.read('flows/shop.ts')
      expect(text).toContain(`in one long line.' })\n  .source(cityFile)\n  .step(citiesOfTheShop)\n`)
      expect(await project.asFormatted('flows/shop.ts')).toBe(text)
      expect(project.typeErrors()).toEqual([])
    },
  )

  it('says which table no step of the flow writes', async () => {
    project.write('flows/shop.ts', `import { flow } from 'sluice'\n\nexport default flow('shop')\n`)
    const printed = await project.new(
      'notebook',
      'x',
      '--reads',
      'silver.sales',
      '--writes',
      'a.b',
      '--flow',
      'shop',
    )
    expect(printed).toContain(
      `! flows/shop.ts has no step of notebooks/silver/sales.ts, which declares 'silver.sales'`,
    )
    expect(project.read('flows/shop.ts')).toBe(
      `import { flow } from 'sluice'\nimport x from '../notebooks/x.ts'\n\nexport default flow('shop').step(x)\n`,
    )
  })

  it('is no step twice', async () => {
    project.write('flows/shop.ts', `import { flow } from 'sluice'\n\nexport default flow('shop')\n`)
    await cities('gold/cities')
    const text = project.read('flows/shop.ts')
    expect(await cities('gold/cities', '--force')).toContain('! flows/shop.ts has this step already')
    expect(project.read('flows/shop.ts')).toBe(text)
  })

  it.each([
    ['flows/shop.yaml', 'steps: []\n', 'project/usage'],
    ['flows/shop.ts', 'export default build()\n', 'project/usage'],
    ['flows/shops.ts', 'export default 1\n', 'project/unknown'],
  ])('is not made where %s is %j', async (file, text, code) => {
    project.write(file, text)
    const words = ['x', '--reads', 'raw/city.csv', '--writes', 'a.b', '--flow', 'shop']
    expect((await project.refused('notebook', ...words)).map((problem) => problem.code)).toEqual([code])
    await expect(async () => project.read('notebooks/x.ts')).rejects.toThrow('ENOENT')
    expect(project.read(file)).toBe(text)
  })
})
