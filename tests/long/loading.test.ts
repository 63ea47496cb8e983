import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { Rig } from '../run/rig.ts'

const open: Rig[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((rig) => rig.close()))
})

/** Node loads modules by itself; with a setting that only tsx follows, tsx does. */
const byTsx = { 'tsconfig.json': '{ "compilerOptions": { "target": "ES2022", "jsx": "react" } }' }

async function both(files: { readonly [file: string]: string }): Promise<readonly [node: Rig, tsx: Rig]> {
  const rigs = [await Rig.open(files), await Rig.open({ ...files, ...byTsx })] as const
  open.push(...rigs)
  return rigs
}

const files = {
  'shared/make.ts': `import { t, table } from 'sluice'
interface Options<T> { readonly name: T }
export enum Size { Small = 1, Large }
export function make<T extends string>(options: Options<T>) { const name: T = options.name; return table(name, { city: t.varchar(), size: t.integer() }, { description: \`\${Size.Large}\` }) }
`,
  'notebooks/first.ts': `import { notebook, source, sql, table, t, type Sql } from 'sluice'; import { z } from 'zod'
import { make, Size } from '../shared/make.ts'
type Row = { a: number }; export const made = make<'silver.made'>({ name: 'silver.made' })
export const /* here */ cities = table(
    'silver.cities',
    { city: t.varchar().describe('Grüße 🚲'), size: t.integer() },
  ), more = table('silver.more', { size: t.integer() } satisfies object)
export const file = source.csv('raw/*.csv', { name: 'files.raw', columns: { city: t.varchar() } })

function query<T>(value: T, size: Size = Size.Small): Sql { return sql\`SELECT city, CAST(\${size} AS INTEGER) AS size FROM \${value as never}\` }
const where: Row['a'] = 1
    export default notebook({
  inputs: { file }, outputs: { made, cities, more },
  args: z.object({ least: z.number().default(where!) }),
  select: { made: ({ file }) => query(file), cities: ({ file }) => query<object>(file, Size.Large),
    more: () => { if (where as number) return sql\`SELECT 1 AS size\`; throw new Error('never') } },
})
`,
  'notebooks/second.ts': `import { notebook, table, t } from 'sluice'
import { cities } from './first.ts'
const fail = (text: string): never => {
  throw new Error(
    text,
  )
}
export default notebook({
  inputs: { cities: cities.pick('city') },
  outputs: { out: table('gold.out', { city: t.varchar() }) },
  async run({ inputs }): Promise<void> {
    for await (const row of inputs.cities.rows()) { type Never = 1; fail(row.city satisfies string) }
  },
})
`,
  'flows/all.ts': `import { flow } from 'sluice'
import first, { file } from '../notebooks/first.ts'
import second from '../notebooks/second.ts'
const inner = flow('inner').step(second, { name: 'last' as const }); const least: number = 2
export default flow('all').source(file).step(first, { args: { least } })
  // A comment between.
  .step(inner)
`,
  'raw/a.csv': 'city\\nBerlin\\n',
}

test('what Node loads by itself declares the same as what tsx loads, with the same places', async () => {
  const [node, tsx] = await both(files)
  const declared = await Promise.all(
    [node, tsx].map(async (rig) => {
      const { code, err } = await rig.sluice('plan')
      expect(code, err).toBe(0)
      const folder = path.join(rig.folder, '.sluice/declared')
      const texts = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8'))
      return texts.map((text) => (JSON.parse(text) as { flow: object }).flow)
    }),
  )
  expect(existsSync(path.join(node.folder, '.sluice/modules'))).toBe(true)
  expect(existsSync(path.join(tsx.folder, '.sluice/modules'))).toBe(false)
  expect(declared[0]).toHaveLength(1)
  expect(declared[0]).toEqual(declared[1])
})

test.for([
  ['a throw in run', {}, 'run'],
  [
    'a throw while loading',
    {
      'shared/make.ts': `${files['shared/make.ts']}const at: number = 1; (() => { throw new Error('no ' + at) })()\n`,
    },
    'plan',
  ],
  [
    'a throw of a package',
    { 'flows/all.ts': files['flows/all.ts'].replace("'inner'", '/* a */ 1 as never') },
    'plan',
  ],
  [
    'a query that throws',
    { 'notebooks/first.ts': files['notebooks/first.ts'].replace('if (where as number)', 'if (!where)') },
    'check',
  ],
  [
    'an export that is not there',
    {
      'notebooks/second.ts': files['notebooks/second.ts']
        .replace('{ cities }', '{ cities, towns }')
        .replace('cities.pick', 'void towns, cities.pick'),
    },
    'plan',
  ],
] as const)('%s is told in the same way', async ([, change, command]) => {
  const rigs = await both({ ...files, ...change })
  const told = await Promise.all(
    rigs.map(async (rig) => {
      const { code, lines } = await rig.sluice(command, '--json')
      return {
        code,
        problems: lines
          .filter((line) => JSON.stringify(line).includes('"code":'))
          .map((line) =>
            JSON.stringify(line, (key, value: unknown) =>
              key === 'run' || key === 'ms' || key === 'at' ? undefined : value,
            ),
          ),
      }
    }),
  )
  expect(told[0]?.code).toBeGreaterThan(0)
  expect(told[0]?.problems.length).toBeGreaterThan(0)
  expect(told[0]).toEqual(told[1])
})

test('after any edit, a plan says the same with and without what was kept of the code', async () => {
  const rig = await Rig.open(files)
  open.push(rig)
  await rig.sluice('run', 'all')
  const edits = [
    ['notebooks/first.ts', 'SELECT 1 AS size', 'SELECT 2 AS size'],
    ['notebooks/first.ts', 'SELECT 2 AS size', 'SELECT 3 AS size'],
    ['shared/make.ts', 'Large }', 'Large = 7 }'],
    ['notebooks/second.ts', 'fail(row.city', 'fail(1 + row.city'],
    ['notebooks/first.ts', 'query(file), cities', 'query(file, Size.Large), cities'],
    ['notebooks/first.ts', "'Grüße 🚲'", "'Grüße'"],
  ] as const
  for (const [file, from, to] of edits) {
    await rig.edit(file, from, to)
    const kept = await rig.plan()
    await rm(rig.path('.sluice/code'), { recursive: true })
    await rm(rig.path('.sluice/declared'), { recursive: true })
    const anew = await rig.plan()
    expect(kept.outcomes).toEqual(anew.outcomes)
    expect(kept.reasons).toEqual(anew.reasons)
    expect(Object.values(kept.outcomes)).toContain('stale')
  }
})
