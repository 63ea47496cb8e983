import { chmodSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { RenameProject, shop } from '../cli/rename/rename-kit.ts'

/** A project that is gone after the test. */
async function make(changed?: { readonly [file: string]: string }): Promise<RenameProject> {
  const project = await RenameProject.make(changed)
  onTestFinished(() => project.remove())
  return project
}

const tables = ['gold.money', 'gold.same', 'gold.coded', 'gold.top']

async function rowsOf(project: RenameProject): Promise<string[]> {
  const { code, stderr, stdout } = await project.call('run', '--all')
  if (code !== 0) throw new Error(stdout + stderr)
  return Promise.all(tables.map((table) => project.rows(table)))
}

describe('sluice rename column', () => {
  it('renames it in every way that refers to it, and the rows stay', { timeout: 240_000 }, async () => {
    const project = await make()
    const before = await rowsOf(project)
    const own = await project.rows('silver.trips')
    const tree = project.tree()
    const tried = await project.call('rename', 'column', 'silver.trips.fare', 'fare_usd', '--dry-run')
    expect(tried.stderr).toBe('')
    expect(project.tree()).toEqual(tree)

    const { code, stdout } = await project.call('rename', 'column', 'silver.trips.fare', 'fare_usd')
    expect(code).toBe(0)
    expect(stdout.replace('6 files changed', '6 files would change; nothing was written')).toBe(tried.stdout)
    const now = project.tree()
    const changed = Object.keys(now).filter((file) => now[file] !== tree[file])
    expect(changed).toEqual([
      'notebooks/gold/coded.ts',
      'notebooks/gold/expects.ts',
      'notebooks/gold/money.ts',
      'notebooks/gold/top.sql',
      'notebooks/silver/trips.ts',
      'tests/money.ts',
    ])
    expect(changed.map((file) => added(tree[file], now[file]))).toEqual([
      [
        "const names = ['fare_usd', 'zone'] as const",
        '      sql`SELECT sum(fare_usd) AS total FROM ${inputs.trips} AS t WHERE fare_usd > ${1}`,',
        '      const { fare_usd: fare } = row',
        "      await outputs.coded.insert({ fare, total: row['fare_usd'] === fare ? total : row.fare_usd })",
      ],
      ["const expected = table('silver.trips', { fare_usd: t.decimal(10, 2), zone: t.integer() })"],
      [
        'const positive = sql`t.fare_usd > 0`',
        "  inputs: { trips: trips.pick('fare_usd', 'zone', 'vendor'), zones },",
        '      WITH x AS (SELECT zone, fare_usd AS fare FROM ${trips} AS t WHERE ${positive})',
        '    same: ({ trips }) => sql`SELECT * RENAME (fare_usd AS fare) FROM ${trips} AS t`,',
      ],
      [
        'SELECT fare_usd AS fare',
        'QUALIFY row_number() OVER (PARTITION BY zone ORDER BY fare_usd DESC, zone) = 1',
      ],
      [
        "    fare_usd: t.decimal(10, 2).check('fare_usd >= 0').describe('The fare'),",
        "    key: ['vendor', 'fare_usd'],",
        "      'fare_usd < 1000 -- fare',",
        "      check.unique(['fare_usd', 'vendor']),",
        "      check.value('avg(fare_usd)', { min: 0 }),",
        '        ({ self, zones }) => sql`SELECT s.* FROM ${self} AS s JOIN ${zones} AS z USING (zone) WHERE s.fare_usd < -z.fare`,',
        '      SELECT vendor, fare AS fare_usd, zone FROM ${tripFile} AS f WHERE fare > ${0}`,',
      ],
      ["    trips: [{ fare_usd: '1.00', zone: 4, vendor: 1 }, { fare_usd: '2.00' }],"],
    ])
    expect((await project.call('check')).stdout).toContain('0 problems')
    expect(await rowsOf(project)).toEqual(before)
    expect(await project.rows('silver.trips')).toBe(own.replaceAll('"fare"', '"fare_usd"'))
    expect(project.typeErrors()).toEqual([])
  })
})

describe('sluice rename table', () => {
  it('renames it in modules and YAML, and the rows stay', { timeout: 240_000 }, async () => {
    const project = await make()
    const before = await rowsOf(project)
    const tree = project.tree()
    const { code, stdout, stderr } = await project.call(
      'rename',
      'table',
      'silver.trips',
      'silver.rides',
      '--variable',
      'rides',
    )
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('5 files changed')
    expect(stdout).toContain("what was published as 'silver.trips' stays in the lake")
    const now = project.tree()
    expect(added(tree['flows/more.yaml'], now['flows/more.yaml'])).toEqual(['  - silver.rides # from all'])
    expect(added(tree['notebooks/silver/trips.ts'], now['notebooks/silver/trips.ts'])).toEqual([
      'export const rides = table(',
      "  'silver.rides',",
      '  outputs: { trips: rides },',
    ])
    expect(project.typeErrors()).toEqual([])
    expect((await project.call('check')).stdout).toContain('0 problems')
    expect(await rowsOf(project)).toEqual(before)
  })
})

const trips = shop['notebooks/silver/trips.ts'] ?? ''
const money = shop['notebooks/gold/money.ts'] ?? ''

/** What is refused, with the code and a part of what is said; `changed` are files beside those of the shop. */
const refusals: readonly {
  readonly why: string
  readonly words: readonly [string, string, string]
  readonly code: string
  readonly says: string
  readonly changed?: { readonly [file: string]: string }
}[] = [
  {
    why: 'a column that there is',
    words: ['column', 'silver.trips.fare', 'zone'],
    code: 'contract/name-clash',
    says: "table 'silver.trips' has a column 'zone' already",
  },
  {
    why: 'a column that differs in case only',
    words: ['column', 'silver.trips.fare', 'ZONE'],
    code: 'contract/name-clash',
    says: "a column 'zone' already",
  },
  {
    why: 'a column name that is none',
    words: ['column', 'silver.trips.fare', ' fare'],
    code: 'contract/name-invalid',
    says: 'starts or ends with a space',
  },
  {
    why: 'a column that there is not',
    words: ['column', 'silver.trips.far', 'x'],
    code: 'project/unknown',
    says: "did you mean 'fare'?",
  },
  {
    why: 'a table that there is',
    words: ['table', 'silver.trips', 'silver.ZONES'],
    code: 'contract/name-clash',
    says: "there is a table 'silver.zones' already",
  },
  {
    why: 'a table that there is not',
    words: ['table', 'silver.trip', 'silver.x'],
    code: 'project/unknown',
    says: "did you mean 'silver.trips'?",
  },
  {
    why: 'a table name that is none',
    words: ['table', 'silver.trips', 'silver/../x'],
    code: 'contract/name-invalid',
    says: 'may hold only letters',
  },
  {
    why: 'a name that code makes',
    words: ['column', 'silver.trips.fare', 'cost'],
    code: 'rename/unclear',
    says: "notebooks/gold/money.ts:28:47: the query of 'gold.same': the name is made by code here",
    changed: {
      'notebooks/gold/money.ts': money.replace(
        'SELECT * FROM ${trips} AS t',
        "SELECT t.vendor, ${sql.id('fare')}, t.zone FROM ${trips} AS t",
      ),
    },
  },
  {
    why: 'a table that takes the columns over',
    words: ['column', 'silver.trips.vendor', 'seller'],
    code: 'rename/reaches',
    says: "'gold.same' takes its columns from this table",
    changed: {
      'notebooks/gold/money.ts': money.replace(
        '  vendor: trips.columns.vendor,\n  fare: t.decimal(10, 2),\n  zone: t.integer(),\n',
        '  ...trips.columns,\n',
      ),
    },
  },
  {
    why: 'columns that are those of a source',
    words: ['column', 'silver.trips.vendor', 'seller'],
    code: 'rename/reaches',
    says: "takes its column 'vendor' from 'raw/trips.csv'",
    changed: { 'notebooks/silver/trips.ts': trips.replace('vendor: t.integer(),', '...tripFile.columns,') },
  },
  {
    why: 'a function of the user that wants the name',
    words: ['column', 'silver.trips.fare', 'cost'],
    code: 'rename/types',
    says: 'notebooks/gold/use.ts:4:',
    changed: {
      'notebooks/gold/use.ts': `import type { Row } from 'sluice'
import type { trips } from '../silver/trips.ts'
const price = (row: { fare: string }) => row.fare
export const of = (row: Row<(typeof trips)['columns']>) => price(row)
`,
    },
  },
  {
    why: 'a module that does not parse',
    words: ['column', 'silver.trips.fare', 'cost'],
    code: 'notebook/load',
    says: 'tests/broken.ts:1:',
    changed: { 'tests/broken.ts': 'export const = 1\n' },
  },
]

describe('a rename is refused, and no byte changes', () => {
  let untouched: RenameProject
  beforeAll(async () => {
    untouched = await RenameProject.make()
    return () => untouched.remove()
  })

  it.each(refusals)('$why', { timeout: 120_000 }, async ({ words, code, says, changed }) => {
    const project = changed ? await make(changed) : untouched
    const tree = project.tree()
    const answer = await project.call('rename', ...words)
    expect(answer.stderr).toContain(`[${code}]`)
    expect(answer.stderr).toContain(says)
    expect(answer.code).toBe(2)
    expect(project.tree()).toEqual(tree)
  })

  it('a file that is read-only', { timeout: 120_000 }, async () => {
    const project = await make()
    chmodSync(path.join(project.root, 'flows/more.yaml'), 0o444)
    const tree = project.tree()
    const { code, stderr } = await project.call('rename', 'table', 'silver.trips', 'silver.rides')
    expect([code, stderr]).toEqual([2, expect.stringContaining('flows/more.yaml is read-only')])
    expect(project.tree()).toEqual(tree)
  })

  it('without saying what', async () => {
    expect((await untouched.call('rename', 'colum')).stderr).toContain("did you mean 'column'?")
  })
})

/** Lines of the second text that the first has not. */
function added(before = '', after = ''): string[] {
  const known = new Set(before.split('\n'))
  return after.split('\n').filter((line) => !known.has(line))
}
