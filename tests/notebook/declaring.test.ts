import fc from 'fast-check'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { Pool } from '../../src/run/pool.ts'
import type { Described } from '../../src/run/protocol.ts'
import { removeProjects, SmallProject } from './small-project.ts'

const checkout = fileURLToPath(new URL('../..', import.meta.url))
const temporary = mkdtempSync(join(tmpdir(), 'sluice-declaring-'))
const pool = new Pool({ workers: 1, memory: 1e9, tempFolder: temporary })

afterAll(async () => {
  await pool.close()
  removeProjects()
  rmSync(temporary, { recursive: true, force: true })
})

const project: Readonly<Record<string, string>> = {
  'package.json': '{ "type": "module" }',
  'shared/clean.ts': `
export const prefix = 'clean'
export function clean(text: string): string {
  return text.trim()
}
export interface Kind { readonly name: string }
`,
  'notebooks/sales.ts': `import { notebook, source, sql, table, t } from 'sluice'
import { z } from 'zod'
import { clean, type Kind } from '../shared/clean.ts'

const least = 3
function about(): string {
  return 'sales above ' + least
}
export const file = source.csv('sales.csv', { name: 'files.sales', columns: { city: t.varchar(), amount: t.integer() } })
export const sales = table('silver.sales', { city: t.varchar(), amount: t.integer() }, { description: about() })
export const cities = table('silver.cities', { city: t.varchar() })

export default notebook({
  inputs: { file },
  outputs: { sales, cities },
  args: z.object({ least: z.number().default(least), word: z.string().default('a').transform((word) => clean(word)) }),
  select: {
    sales: ({ file }, args) => {
      const kind: Kind = { name: clean(' x ') }
      return sql\`SELECT city, amount FROM \${file} WHERE amount > \${args.least} AND city <> \${kind.name}\`
    },
    cities: ({ file }) => sql\`SELECT DISTINCT city FROM \${file}\`,
  },
  description: 'all sales',
})
`,
  'notebooks/top.ts': `import { notebook, sql, table, t } from 'sluice'
import { sales } from './sales.ts'

export default notebook({
  inputs: { sales: sales.pick('city') },
  outputs: { top: table('gold.top', { city: t.varchar() }) },
  async run({ outputs }) {
    await outputs.top.write(sql\`SELECT 'a' AS city\`)
  },
})
`,
  'flows/all.ts': `import { flow } from 'sluice'
import sales, { file } from '../notebooks/sales.ts'
import top from '../notebooks/top.ts'

const about = 'everything'
export default flow('all', { description: about })
  .source(file)
  .step(sales, { args: { least: 4 } })
  .step(top)
`,
}

type Edit = readonly [file: string, from: string | RegExp, to: string]
const [sales, top, all, shared] = [
  'notebooks/sales.ts',
  'notebooks/top.ts',
  'flows/all.ts',
  'shared/clean.ts',
]

/** Edits of bodies that run later: nothing that is declared can change, and nothing is loaded for them. */
const later: Readonly<Record<string, Edit>> = {
  'the text of a query': [sales, 'SELECT DISTINCT city', 'SELECT city'],
  'an expression in a query': [sales, 'amount > ${', 'amount >= ${'],
  'a longer query in the last body': [sales, 'DISTINCT city FROM', 'DISTINCT\n city\n FROM'],
  'a comment in a body': [sales, "{ name: clean(' x ') }", "{ name: clean(' x ') } // trimmed"],
  'a longer first body': [sales, 'const kind:', 'const other = 1\n      const kind:'],
  'code of run': [top, "'a' AS city", "'b' AS city"],
  'more code of run': [top, 'await outputs', 'const n = 1\n    await outputs'],
}

/** Edits that may change what is declared, or where, or that another edit makes do so. */
const others: Readonly<Record<string, Edit>> = {
  'a line above': [sales, /^/, '// a comment\n'],
  'a line above the other': [top, /^/, '\n'],
  'a line between tables': [sales, 'export const cities', '\nexport const cities'],
  'a space before a call': [sales, 'export const cities = table', 'export const cities =  table'],
  'a column': [sales, "table('silver.cities', {", "table('silver.cities', { more: t.integer(),"],
  'a description by a function': [sales, 'sales above', 'sales over'],
  'a value behind a description': [sales, 'const least = 3', 'const least = 2'],
  'a default': [sales, "default('a')", "default('b')"],
  'a transform': [sales, '=> clean(word)', '=> word.toUpperCase()'],
  'a function behind a transform': [shared, 'text.trim()', "text.trim() + '!'"],
  'what follows the bodies': [sales, "'all sales'", "'each sale'"],
  'a table after the bodies': [
    sales,
    "description: 'all sales'",
    "description: String(table('silver.x', { a: t.integer() }).name)",
  ],
  'an input after the body': [top, '  },\n})', "  },\n  description: 'x',\n})"],
  'a step arg': [all, 'least: 4', 'least: 5'],
  'a step name': [all, '.step(top)', ".step(top, { name: 'first' })"],
  'a type as a value': [sales, 'type Kind }', 'type Kind, prefix }'],
  'another name for a table': [sales, "'silver.cities'", "'silver.towns'"],
  'an output in a body of its own': [sales, 'cities: ({ file }) => sql', 'cities: ({ file }, _args) => sql'],
  'a query made by a function': [
    sales,
    'cities: ({ file }) => sql`SELECT DISTINCT city FROM ${file}`',
    'cities: ((text) => ({ file }: { file: Parameters<typeof sql>[1] }) => sql`SELECT city, ${text} FROM ${file}`)(about())',
  ],
  'a flow that looks inside': [all, "'everything'", 'sales.definition.select?.cities?.toString()'],
  'a flow that hands a notebook on': [
    all,
    "'everything'",
    `Object.values(sales).flatMap((part) => Object.values(part?.['sel' + 'ect'] ?? {})).join()`,
  ],
  'a table declared below': [
    top,
    "table('gold.top', { city: t.varchar() })",
    "table('gold.top', { city: t.varchar().nullable() })",
  ],
}

let copies = 0
const described = new Map<string, Promise<{ deciding: string; flow: Described['flow'] }>>()

/** What the worker declares of files that it has never seen, and the digest that says whether it had to. */
function declared(files: Readonly<Record<string, string>>) {
  const key = JSON.stringify(files)
  let found = described.get(key)
  if (!found) described.set(key, (found = describe(files)))
  return found
}

async function describe(files: Readonly<Record<string, string>>) {
  const root = join(temporary, `p${copies++}`)
  mkdirSync(join(root, 'node_modules'), { recursive: true })
  for (const [name, target] of [
    ['sluice', checkout],
    ['zod', join(checkout, 'node_modules/zod')],
  ] as const)
    symlinkSync(target, join(root, 'node_modules', name), 'junction')
  const copy = new SmallProject(files, root)
  const { deciding, problems } = await copy.load('flows/all.ts')
  expect(problems).toEqual([])
  const ask = { projectRoot: root, file: 'flows/all.ts', overrides: {} }
  const { flow } = await pool.withWorker((worker) => worker.call('describe', ask))
  return { deciding, flow }
}

function edited(files: Readonly<Record<string, string>>, [file, from, to]: Edit): Record<string, string> {
  const text = files[file] ?? ''
  return { ...files, [file]: text.replace(from, () => to) }
}

test('a module whose digest stays declares the same, whatever was edited', async () => {
  const edits = { ...later, ...others }
  const names = fc.uniqueArray(fc.constantFrom(...Object.keys(edits)), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(names, async (chosen) => {
      let files = project
      for (const name of chosen) {
        const next = edited(files, edits[name] ?? [all, '', ''])
        const [before, after] = [await declared(files), await declared(next)]
        if (before.deciding === after.deciding && before.flow) expect(after.flow).toEqual(before.flow)
        files = next
      }
    }),
    { numRuns: 40 },
  )
}, 120_000)

test.for(Object.entries(later))('%s decides nothing that is declared', async ([, edit]) => {
  const next = edited(project, edit)
  expect(next).not.toEqual(project)
  const [before, after] = [await declared(project), await declared(next)]
  expect(before.flow?.steps).toHaveLength(2)
  expect(after).toEqual(before)
})

test.for(Object.entries(others))('%s may decide what is declared', async ([, edit]) => {
  const next = edited(project, edit)
  expect(next).not.toEqual(project)
  expect((await declared(next)).deciding).not.toBe((await declared(project)).deciding)
})

test.for([
  'a flow that looks inside',
  'a flow that hands a notebook on',
  'a query made by a function',
] as const)('after %s, a body decides too', async (name) => {
  const open = edited(project, others[name] ?? [all, '', ''])
  const body: Edit = [sales, / FROM \$\{file\}/g, ' FROM ${file} LIMIT 1']
  expect((await declared(edited(open, body))).deciding).not.toBe((await declared(open)).deciding)
})

test('a body that begins to use an import decides: what it loads may declare', async () => {
  const unused = edited(project, others['a type as a value'] ?? [all, '', ''])
  const used = edited(unused, [sales, "clean(' x ')", 'clean(prefix)'])
  expect((await declared(used)).deciding).not.toBe((await declared(unused)).deciding)
})
