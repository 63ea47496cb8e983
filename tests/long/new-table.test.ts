import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NewProject, removeProjects } from '../cli/new-kit.ts'

afterAll(removeProjects)

const events = [
  { id: 1, tags: ['a'], at: '2024-01-01T00:00:00Z', who: { name: 'Ada', 'the age': 36 } },
  {
    id: 2,
    visit: {
      page: { url: '/', title: 'Home', language: 'en' },
      seconds: 1.5,
      referrer: 'none',
      agent: 'browser',
    },
  },
]

describe('a table from a file', () => {
  const project = new NewProject()
  const printed: Record<string, string> = {}

  beforeAll(async () => {
    for (const file of [
      'taxi_zone_lookup.csv',
      'yellow_tripdata_sample_2019-01.csv.gz',
      'yellow_tripdata_sample_2019-07.csv.gz',
    ]) {
      project.take(`nyc-taxi/${file}`)
    }
    project.take('northwind/orders.csv')
    project.write('raw/events.json', events.map((each) => `${JSON.stringify(each)}\n`).join(''))
    project.write(
      'raw/odd.csv',
      'order;class name;"it\'s ""so""";`${x}`;größe;__proto__\n1;2,5;01;a;b;1\n;3,25;02;NA;c;2\n',
    )
    project.write('raw/days.csv', 'day\n31/12/2020\n01/02/2021\n')
    const commands = {
      zones: ['bronze.zones', '--from', 'raw/taxi_zone_lookup.csv', '--key', 'LocationID'],
      orders: ['bronze.orders', '--from', join(project.root, 'raw/orders.csv')],
      trips: ['bronze.trips', '--from', 'raw/yellow*.csv.gz', '--notebook', 'taxi/ingest_trips'],
      events: ['events', '--from', 'raw/events.json'],
      odd: ['bronze.odd', '--from', 'raw/odd.csv'],
      days: ['bronze.days', '--from', 'raw/days.csv'],
    }
    for (const [name, words] of Object.entries(commands)) printed[name] = await project.new('table', ...words)
  }, 60_000)

  it('has the types and the key, and the words that mean NULL', () => {
    expect(project.read('notebooks/bronze/zones.ts'))
      .toBe(`import { notebook, source, sql, t, table } from 'sluice'

export const zonesFile = source.csv('raw/taxi_zone_lookup.csv', {
  nulls: ['', 'N/A'],
  columns: {
    LocationID: t.bigint(),
    Borough: t.varchar().nullable(),
    Zone: t.varchar().nullable(),
    service_zone: t.varchar().nullable(),
  },
})

export const zones = table('bronze.zones', zonesFile.columns, {
  key: ['LocationID'],
})

export default notebook({
  description: 'Takes raw/taxi_zone_lookup.csv in as it is.',
  inputs: { files: zonesFile },
  outputs: { zones },
  select: {
    zones: ({ files }) => sql\`SELECT * FROM \${files} AS f\`,
  },
})
`)
  })

  it('finds the types behind texts that mean NULL', () => {
    const text = project.read('notebooks/bronze/orders.ts')
    expect(text).toContain(`nulls: ['', 'NULL'],`)
    expect(text).toContain('shippedDate: t.timestamp().nullable(),')
    expect(text).toContain('shipRegion: t.varchar().nullable(),')
    expect(text).toContain('orderDate: t.timestamp(),')
    expect(printed['orders']).toContain(`'NULL' is read as NULL`)
  })

  it('looks at all files of a glob, packed and with mixed line ends', () => {
    const text = project.read('notebooks/taxi/ingest_trips.ts')
    expect(text).toContain(`tripsFiles = source.csv('raw/yellow*.csv.gz', {`)
    expect(text).toContain('congestion_surcharge: t.double().nullable(),')
    // January has all of them, July has not.
    expect(text).toContain('passenger_count: t.bigint().nullable(),')
  })

  it('reads JSON by its lines, and lists and structs with what may be NULL inside', () => {
    const text = project.read('notebooks/events.ts')
    expect(text).toContain(`source.ndjson('raw/events.json', {`)
    expect(text).toContain('tags: t.list(t.varchar().nullable()).nullable(),')
    expect(text).toContain(
      `who: t.struct({ name: t.varchar().nullable(), 'the age': t.bigint().nullable() }).nullable(),`,
    )
  })

  it('keeps what is odd about a file: delimiter, decimal comma, names, leading zeros, days', () => {
    const text = project.read('notebooks/bronze/odd.ts')
    expect(text).toContain(`  delimiter: ';',\n  nulls: ['', 'NA'],\n  decimalSeparator: ',',`)
    expect(text).toContain(`'class name': t.double(),`)
    expect(text).toContain(`'it\\'s "so"': t.varchar(),`)
    expect(project.read('notebooks/bronze/days.ts')).toContain(`dateFormat: '%d/%m/%Y',`)
  })

  it('says what was written and what to do next', () => {
    expect(printed['trips']).toBe(`+ notebooks/taxi/ingest_trips.ts

Next:
  add it to a flow:
    import ingestTrips, { tripsFiles } from '../notebooks/taxi/ingest_trips.ts'
    .source(tripsFiles).step(ingestTrips)
  or run it alone: npx sluice run notebooks/taxi/ingest_trips.ts
`)
  })

  it.each([
    ['bronze/zones', 265],
    ['bronze/orders', 830],
    ['taxi/ingest_trips', 20_000],
    ['events', 2],
    ['bronze/odd', 2],
    ['bronze/days', 2],
  ])('runs as it is: %s', async (file, rows) => {
    expect(await project.rowsOf(`notebooks/${file}.ts`)).toBe(rows)
  })

  it('compiles and is formatted as it is', { timeout: 120_000 }, async () => {
    const files = [
      'bronze/zones',
      'bronze/orders',
      'taxi/ingest_trips',
      'events',
      'bronze/odd',
      'bronze/days',
    ]
    for (const file of files.map((name) => `notebooks/${name}.ts`)) {
      expect(await project.asFormatted(file)).toBe(project.read(file))
    }
    expect(project.typeErrors()).toEqual([])
  })
})

describe('a table is not made', () => {
  const project = new NewProject()
  project.write('raw/sales.csv', 'day,amount\n2024-01-01,1\n,2\n')
  project.write('raw/control.csv', '"a\u0007b",c\n1,2\n')
  project.write('raw/latin.csv', Buffer.from('name\nM\u00fcller\n', 'latin1').toString('latin1'))
  writeFileSync(join(project.root, 'raw/latin.csv'), Buffer.from('name,n\nM\u00fcller,1\n', 'latin1'))
  project.write('raw/wrong.parquet', 'no parquet')
  project.write('raw/notes.docx', 'x')
  project.write('notebooks/there.ts', 'export default 1\n')
  project.write(
    'notebooks/known.ts',
    `import { t, table } from 'sluice'\nexport const known = table('bronze.known', { a: t.bigint() })\n`,
  )
  mkdirSync(join(project.root, 'raw/folder'))

  it.each([
    ['a name with a path in it', ['../evil', '--from', 'raw/sales.csv'], 'contract/name-invalid', undefined],
    ['a name with quotes', [`a'b`, '--from', 'raw/sales.csv'], 'contract/name-invalid', undefined],
    [
      'a notebook outside of the project',
      ['a.b', '--from', 'raw/sales.csv', '--notebook', '../x'],
      'project/name-invalid',
      undefined,
    ],
    [
      'a file that is not there',
      ['a.b', '--from', 'raw/sale.csv'],
      'source/not-found',
      "did you mean 'sales.csv'?",
    ],
    ['a glob without files', ['a.b', '--from', 'raw/sale_*.csv'], 'source/not-found', undefined],
    ['a folder', ['a.b', '--from', 'raw/folder'], 'project/usage', "name its files: --from 'folder/*.csv'"],
    ['a file outside of the project', ['a.b', '--from', '/etc/hostname'], 'project/usage', undefined],
    ['a file of another kind', ['a.b', '--from', 'raw/notes.docx'], 'source/format', undefined],
    [
      'a file that is not what its name says',
      ['a.b', '--from', 'raw/wrong.parquet'],
      'source/format',
      undefined,
    ],
    ['a file in another encoding', ['a.b', '--from', 'raw/latin.csv'], 'source/encoding', undefined],
    [
      'a key that is no column',
      ['a.b', '--from', 'raw/sales.csv', '--key', 'dya'],
      'contract/column-missing',
      "did you mean 'day'?",
    ],
    ['a key that holds NULL', ['a.b', '--from', 'raw/sales.csv', '--key', 'day'], 'contract/null', undefined],
    [
      'a column name that no store takes',
      ['a.b', '--from', 'raw/control.csv'],
      'contract/name-invalid',
      undefined,
    ],
    [
      'a notebook that is there',
      ['a.b', '--from', 'raw/sales.csv', '--notebook', 'there.ts'],
      'project/exists',
      '--force overwrites it',
    ],
    [
      'a table that another module declares',
      ['bronze.KNOWN', '--from', 'raw/sales.csv'],
      'project/exists',
      undefined,
    ],
  ])('from %s', async (_, words, code, hint) => {
    const problems = await project.refused('table', ...words)
    expect(problems.map((problem) => problem.code)).toEqual([code])
    if (hint !== undefined) expect(problems[0]?.hint).toBe(hint)
    expect(existsSync(join(project.root, 'notebooks/a'))).toBe(false)
    expect(project.read('notebooks/there.ts')).toBe('export default 1\n')
  })

  it('but over another one when told so', async () => {
    await project.new('table', 'a.sales', '--from', 'raw/sales.csv', '--notebook', 'there', '--force')
    expect(project.read('notebooks/there.ts')).toContain(`table('a.sales'`)
  })
})

describe('a new table with --flow', () => {
  const csv = 'city,amount\nOslo,1\n'
  const flowOf = (rest: string) => `import { flow } from 'sluice'\n${rest}`
  const shop = (text: string): NewProject => {
    const project = new NewProject()
    project.write('raw/sales.csv', csv)
    project.write('flows/shop.ts', text)
    return project
  }
  const add = (project: NewProject, ...words: string[]) =>
    project.new(
      'table',
      'bronze.sales',
      '--from',
      join(project.root, 'raw/sales.csv'),
      '--flow',
      'shop',
      ...words,
    )

  it('becomes its last step, with its source', async () => {
    const project = shop(flowOf(`\nexport default flow('shop')\n`))
    const printed = await add(project)
    expect(project.read('flows/shop.ts')).toBe(
      flowOf(
        `import sales, { salesFile } from '../notebooks/bronze/sales.ts'\n\nexport default flow('shop').source(salesFile).step(sales)\n`,
      ),
    )
    expect(printed).toBe('+ notebooks/bronze/sales.ts\n~ flows/shop.ts\n\nNext:\n  npx sluice run shop\n')
    expect(project.typeErrors()).toEqual([])
  })

  it('has a name of its own beside a step that is called alike', async () => {
    const project = shop(
      flowOf(`import sales from '../notebooks/silver/sales.ts'\n\nexport default flow('shop').step(sales)\n`),
    )
    await add(project)
    expect(project.read('flows/shop.ts')).toContain(
      `.step(sales).source(salesFile).step(salesStep, { name: 'bronze_sales' })`,
    )
  })

  it.each([
    ['flows/shop.yaml', 'steps: []\n', 'project/usage'],
    ['flows/shop.ts', 'export default build()\n', 'project/usage'],
    ['flows/shops.ts', 'export default 1\n', 'project/unknown'],
  ])('is not made when %s is no chain, is not TypeScript or has another name', async (file, text, code) => {
    const project = new NewProject()
    project.write('raw/sales.csv', csv)
    project.write(file, text)
    const words = ['bronze.sales', '--from', join(project.root, 'raw/sales.csv'), '--flow', 'shop']
    const [problem] = await project.refused('table', ...words)
    expect(problem!.code).toBe(code)
    expect(existsSync(join(project.root, 'notebooks/bronze/sales.ts'))).toBe(false)
  })
})

describe('sluice new', () => {
  const project = new NewProject()

  it.each([
    [['tabel'], "did you mean 'table'?"],
    [[], 'say sluice new table, sluice new notebook or sluice new test'],
  ])('with %j says what there is', async (words, hint) => {
    const problems = await project.refused(...words)
    expect(problems.map(({ code, hint }) => ({ code, hint }))).toEqual([{ code: 'project/usage', hint }])
  })
})
