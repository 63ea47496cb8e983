import { makeProject } from './scratch.ts'

/** Notebooks over tiny data, in some shape, with shared modules. */
export interface Layered {
  readonly notebooks: number
  readonly shared: number
  /** The notebooks whose tables a notebook reads: two at most. None: it reads the one file. */
  readonly parents: (n: number) => readonly number[]
}

/** Layers, each of whose notebooks reads two tables of the layer before. */
export function inLayers(notebooks: number, width: number): Layered {
  const parents = (n: number) =>
    n < width ? [] : [n - width, n - (n % width) - width + ((n * 7 + 3) % width)]
  return { notebooks, shared: 40, parents: (n) => [...new Set(parents(n))] }
}

const seed = 'data/seed.csv'
const columns = ['id', 'amount', 'name', 'day'] as const

/** Writes the project: notebooks of about 1.4 KB, shared modules, one flow and one file of twenty rows. */
export function writeLayered(folder: string, layered: Layered): void {
  const all = Array.from({ length: layered.notebooks }, (_, n) => n)
  const files: Record<string, string> = {
    'shared/seed.ts': seedText,
    'flows/all.ts': flowText(all),
    [seed]: seedRows(),
  }
  for (const n of Array.from({ length: layered.shared }, (_, at) => at))
    files[sharedFile(n)] = sharedText(n, layered)
  for (const n of all) files[notebookFile(n)] = notebookText(n, layered)
  makeProject(folder, files)
}

/** The statements that compute the same tables in the same order into a folder. */
export function layeredStatements(
  { notebooks, parents }: Layered,
  project: string,
  folder: string,
): string[] {
  return Array.from({ length: notebooks }, (_, n) => {
    const reads = parents(n).map((parent) => `read_parquet(['${folder}/t${parent}.parquet'])`)
    const raw = `(SELECT CAST(id AS INTEGER) id, CAST(amount AS DECIMAL(12,2)) amount, name, CAST(day AS DATE) AS day FROM read_csv('${project}/${seed}'))`
    const query = queryText(reads.length === 0 ? [raw] : reads, `${n % 10}`, `'stage ${n}'`)
    return `COPY (${query}) TO '${folder}/t${n}.parquet' (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)`
  })
}

/** The query of one notebook, over relations as they are named elsewhere. */
export function layeredQuery(
  { parents }: Layered,
  n: number,
  relation: (parent: number) => string,
  source: string,
): string {
  const reads = parents(n).map(relation)
  return queryText(reads.length === 0 ? [source] : reads, `${n % 10}`, `'stage ${n}'`)
}

export const notebookFile = (n: number) => `notebooks/stage${Math.floor(n / 100)}/nb${n}.ts`
export const sharedFile = (n: number) => `shared/shared${n}.ts`
/** The shared modules that a module or notebook of a number imports, through others too. */
export function sharedClosure(n: number, shared: number): number[] {
  if (shared === 0) return []
  const found = new Set<number>()
  const visit = (at: number) => {
    if (at >= shared || found.has(at)) return
    found.add(at)
    visit(at * 2 + 1)
    visit(at * 2 + 2)
  }
  visit(n % shared)
  return [...found]
}

const seedText = `import { source, t } from 'sluice'

/** Twenty rows, so that nothing but the steps is measured. */
export const seed = source.csv('${seed}', {
  name: 'bench.seed',
  columns: { id: t.integer(), amount: t.decimal(12, 2), name: t.varchar(), day: t.date() },
})
`

function seedRows(): string {
  const rows = Array.from(
    { length: 20 },
    (_, n) => `${n},${n * 3}.50,name ${n},2024-01-${String(n + 1).padStart(2, '0')}`,
  )
  return [columns.join(','), ...rows, ''].join('\n')
}

function sharedText(n: number, { shared }: Layered): string {
  const deps = [n * 2 + 1, n * 2 + 2].filter((dep) => dep < shared)
  const imports = deps.map((dep) => `import { clean${dep} } from './shared${dep}.ts'\n`).join('')
  const calls = deps.map((dep) => `  value = clean${dep}(value)\n`).join('')
  return `${imports}\n/** Cleans a label, step ${n}. */\nexport function clean${n}(value: string): string {\n${calls}  return value.trim()\n}\n`
}

function flowText(all: readonly number[]): string {
  const imports = all.map((n) => `import nb${n} from '../${notebookFile(n)}'\n`).join('')
  const steps = all.map((n) => `  .step(nb${n})\n`).join('')
  // The chain's types are another bench: here nothing checks them.
  return `import { flow } from 'sluice'\nimport { seed } from '../shared/seed.ts'\n${imports}\nexport default flow('all')\n  .source(seed)\n${steps}`
}

/** One query for notebooks and baseline: `reads` are relations, the others values, as they stand in it. */
function queryText(reads: readonly string[], from: string, label: string): string {
  const [a, b] = reads
  const join = b === undefined ? '' : `\n        JOIN ${b} AS b ON b.id = a.id AND b.day = a.day`
  return `SELECT a.id, CAST(round(a.amount + ${b === undefined ? 1 : 'b.amount / 1000'}, 2) AS DECIMAL(12, 2)) AS amount, a.name, a.day
        FROM ${a} AS a${join}
        WHERE a.id >= ${from} - 10 AND a.name <> ${label}`
}

function notebookText(n: number, { parents, shared }: Layered): string {
  const reads = parents(n)
  const imports = reads.map(
    (at) => `import { table${at} } from '../stage${Math.floor(at / 100)}/nb${at}.ts'\n`,
  )
  if (reads.length === 0) imports.push(`import { seed } from '../../shared/seed.ts'\n`)
  if (shared > 0) imports.push(`import { clean${n % shared} } from '../../shared/shared${n % shared}.ts'\n`)
  const handles = reads.length === 0 ? ['seed'] : reads.map((at) => `table${at}`)
  const label = shared > 0 ? `clean${n % shared}('stage ${n}')` : `'stage ${n}'`
  const query = queryText(
    handles.map((handle) => `\${inputs.${handle}}`),
    '${from}',
    '${label}',
  )
  return `import { notebook, sql, table, t } from 'sluice'
${imports.join('')}
/** The rows of stage ${n}, cleaned, with the amount that the stages before have left. */
export const table${n} = table(
  'stage.table${n}',
  {
    id: t.integer().describe('Counts from 0.'),
    amount: t.decimal(12, 2).check('amount >= 0'),
    name: t.varchar().describe('As it stands in the file.'),
    day: t.date(),
  },
  { description: 'Rows of stage ${n}, one for each row of the stages that it reads.', tags: ['bench'] },
)

interface Window {
  readonly from: number
  readonly to: number
}

// Windows of a hundred rows, so that the query stays small.
function windowOf(page: number): Window {
  const from = page % 10
  return { from, to: from + 99 }
}

export default notebook({
  description: 'Stage ${n}: takes what the stages before have left and adds its own.',
  inputs: { ${handles.join(', ')} },
  outputs: { rows: table${n} },
  select: {
    rows: (inputs) => {
      const { from } = windowOf(${n})
      const label: string = ${label}
      return sql\`
        ${query}\`
    },
  },
})
`
}
