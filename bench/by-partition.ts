import { join } from 'node:path'
import { tableContents } from '../src/freshness/partition-contents.ts'
import { planPartitions, type PartitionFacts } from '../src/freshness/partition-plan.ts'
import type { Manifest } from '../src/lake/types.ts'
import { compared, type Figure, type Goal } from './figure.ts'
import { spreadOf } from './measure.ts'
import { withCpu } from './processes.ts'
import { inScratch, installedSluice, makeProject, writeFiles } from './scratch.ts'

/** At least 600; the first run takes about 25 ms for each. */
const parts = Number(process.env['SLUICE_BENCH_PARTITIONS'] ?? 1_000)
const many = 100_000

/** One changed partition of many against all of them, and which of 100,000 partitions are stale. */
export async function byPartition(): Promise<Figure[]> {
  const of = (rows: number) => inScratch((folder) => oneOfMany(folder, rows))
  return [planned(), ...(await of(2_000)), ...(await of(20_000))]
}

/** Pure: what the inputs hold of each partition, and the plan. One has changed. */
function planned(): Figure {
  const hash = (at: number, of: string) => `${of}${at}`.padEnd(64, '0')
  const held = (changed: number): Manifest => {
    const values = Array.from({ length: many }, (_, at) => [`p${at}`])
    const files = values.map((partition, at) => {
      const digest = hash(at, at === changed ? 'b' : 'a')
      return { key: `tables/x/${at}/part-0.parquet`, bytes: 1000, rows: 10, hash: digest, partition }
    })
    const partitions = values.map((value, at) => ({ values: value, rows: 10, digest: files[at]?.hash ?? '' }))
    const about = {
      format: 1,
      table: 't',
      version: 'v',
      notebook: 'n',
      fingerprint: 'f',
      createdAt: '',
      engine: 'e',
    } as const
    return {
      ...about,
      columns: [],
      key: [],
      rows: 10 * many,
      bytes: 0,
      files,
      partitionBy: ['p'],
      partitions,
      stats: {},
    }
  }
  const factsOf = (manifest: Manifest, outputs: PartitionFacts['outputs']): PartitionFacts => ({
    partition: { by: ['p'] },
    inputs: new Map([['raw', tableContents(manifest, ['p'])]]),
    outputs,
    shared: 'S',
  })
  const first = planPartitions(factsOf(held(-1), [[]]))
  const entries = first.stale.map(({ values, fingerprint }) => ({ values, fingerprint, rows: 10 }))
  const now = held(77)
  const runs = Array.from({ length: 7 }, () => {
    const begun = performance.now()
    const { stale } = planPartitions(factsOf(now, [entries]))
    if (stale.length !== 1) throw new Error(`${stale.length} are stale`)
    return performance.now() - begun
  })
  const what = '100,000 partitions planned, one changed'
  return { bench: 'by-partition', what, unit: 'ms', value: spreadOf(runs), goal: { atMost: 1000 } }
}

const project = {
  'notebooks/days.ts': `import { notebook, source, sql, table, t } from 'sluice'
export const files = source.csv('raw/{part}.csv', { columns: { id: t.integer(), fare: t.double() } })
export const days = table('bronze.days', { part: t.varchar(), id: t.integer(), fare: t.double() }, { partitionBy: ['part'] })
export default notebook({
  inputs: { files },
  outputs: { days },
  partition: { by: 'part' },
  select: { days: ({ files }, _args, { partition }) => sql\`SELECT \${partition.part} AS part, * FROM \${files}\` },
})
`,
  'notebooks/dear.ts': `import { notebook, sql, table, t } from 'sluice'
import { days } from './days.ts'
export const dear = table('silver.dear', { part: t.varchar(), id: t.integer(), fare: t.double() }, { partitionBy: ['part'] })
export default notebook({
  inputs: { days },
  outputs: { dear },
  partition: { by: 'part' },
  select: { dear: ({ days }) => sql\`SELECT * FROM \${days} WHERE fare > 1\` },
})
`,
  'flows/days.ts': `import { flow } from 'sluice'
import days, { files } from '../notebooks/days.ts'
import dear from '../notebooks/dear.ts'
export default flow('days').source(files).step(days).step(dear)
`,
}

/** Steps by their own clocks, and the processor time of the whole command with all its processes. */
function oneOfMany(folder: string, rows: number): Promise<Figure[]> {
  makeProject(folder, project)
  const file = (at: number, count: number) => ({
    [`raw/p${at}.csv`]: `id,fare\n${Array.from({ length: count }, (_, row) => `${row},${row / 4}\n`).join('')}`,
  })
  for (let at = 0; at < parts; at++) writeFiles(folder, file(at, rows))
  const run = (...words: readonly string[]) => {
    const main = join(installedSluice(), 'dist/cli/main.js')
    const { stdout, cpuMs = NaN } = withCpu(folder, process.execPath, [main, 'run', '--json', ...words])
    const ends = stdout.split('\n').filter((line) => line.includes('"step-finished"'))
    const [first = NaN, second = NaN] = ends.map((line) => (JSON.parse(line) as { ms: number }).ms)
    return { first, second, cpuMs }
  }
  const all = run()
  const rest = run().cpuMs
  const ones = [1, 2, 3, 4, 5].map((round) => {
    writeFiles(folder, file(round * 100, rows + round))
    return run()
  })
  const what = `one changed partition of ${parts} of ${rows.toLocaleString('en-US')} rows`
  const figure = (told: string, of: (run: typeof all) => number, goal?: Goal) => {
    const value = ones.map(of)
    const about = {
      bench: 'by-partition',
      what: `${what}: ${told}`,
      unit: 'ms' as const,
      ...(goal && { goal }),
    }
    return compared(
      about,
      value,
      'all of them',
      value.map(() => of(all)),
    )
  }
  const goal = { atMost: 1 / 200 }
  return Promise.resolve([
    figure('a step, its processes running', ({ second }) => second, goal),
    figure('a step that starts them', ({ first }) => first),
    figure('both steps, processor time over a run at rest', ({ cpuMs }) => cpuMs - rest),
  ])
}
