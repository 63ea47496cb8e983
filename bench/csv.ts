import { createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { compared, type Figure } from './figure.ts'
import { interleaved } from './measure.ts'
import { duckDb, sluice } from './processes.ts'
import { forget, inScratch, makeProject } from './scratch.ts'
import { duckDbSettings } from './settings.ts'

/** 10 million on a quiet machine: SLUICE_BENCH_ROWS=10000000. */
const rows = Number(process.env['SLUICE_BENCH_ROWS'] ?? 2_000_000)
const rounds = 3

/** A CSV file of eight columns into a typed table, against the same COPY in DuckDB; and with rejects, of good and bad rows. */
export function csvFiles(): Promise<Figure[]> {
  return inScratch(async (folder) => {
    const good = join(folder, 'good.csv')
    const bad = join(folder, 'bad.csv')
    await writeCsv(good, () => false)
    await writeCsv(bad, (row) => row % 1000 === 999)
    const output = join(folder, 'output')
    const s = await interleaved(rounds, {
      sluice: project(join(folder, 'plain'), good, ''),
      duckDb: () => {
        rmSync(output, { recursive: true, force: true })
        mkdirSync(output)
        return (
          duckDb(folder, { settings: duckDbSettings(folder), statements: [copyOf(good, output)] }).ms / 1000
        )
      },
      kept: project(join(folder, 'kept'), good, rejects),
      parted: project(join(folder, 'parted'), bad, rejects),
    })
    const about = (what: string) => ({ bench: 'csv', what, unit: 's' }) as const
    const millions = `${rows / 1e6}M rows`
    return [
      compared(
        { ...about(`${millions} to a typed table`), goal: { atMost: 1.1 } },
        s.sluice,
        'the same COPY',
        s.duckDb,
      ),
      compared(about('with rejects, all rows good'), s.kept, 'without rejects', s.sluice),
      compared(about('with rejects, 1 in 1,000 bad'), s.parted, 'without rejects', s.sluice),
    ]
  })
}

const rejects = ", rejects: 'bronze.raw_rejects'"
const types = ['BIGINT', 'INTEGER', 'VARCHAR', 'DOUBLE', 'DECIMAL(10,2)', 'DATE', 'TIMESTAMP', 'BOOLEAN']
const columns =
  'a: t.bigint(), b: t.integer(), c: t.varchar(), d: t.double(), e: t.decimal(10, 2), f: t.date(), g: t.timestamp(), h: t.boolean()'

function copyOf(file: string, output: string): string {
  const typed = types.map((type, at) => `'${'abcdefgh'.charAt(at)}': '${type}'`).join(', ')
  const read = `read_csv('${file}', auto_detect=false, header=true, delim=',', quote='"', columns={${typed}})`
  return `COPY (FROM ${read}) TO '${output}/a.parquet' (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)`
}

function project(folder: string, file: string, more: string): () => number {
  mkdirSync(folder, { recursive: true })
  makeProject(folder, {
    'notebooks/take.ts': `import { notebook, source, sql, t, table } from 'sluice'
export const raw = source.csv('${file}', { name: 'raw_file', columns: { ${columns} }${more} })
export const taken = table('taken', { ${columns} })
export default notebook({
  inputs: { raw },
  outputs: { taken },
  select: { taken: ({ raw }) => sql\`SELECT * FROM \${raw}\` },
})
`,
    'flows/csv.ts': `import { flow } from 'sluice'
import take, { raw } from '../notebooks/take.ts'
export default flow('csv').source(raw).step(take)
`,
  })
  return () => {
    forget(folder, { notebooks: false })
    return sluice(folder, 'run').ms / 1000
  }
}

async function writeCsv(file: string, isBad: (row: number) => boolean): Promise<void> {
  const out = createWriteStream(file)
  out.write('a,b,c,d,e,f,g,h\n')
  for (let from = 0; from < rows; from += 10_000) {
    const lines = Array.from({ length: Math.min(10_000, rows - from) }, (_, at) => lineOf(from + at, isBad))
    if (!out.write(lines.join(''))) await once(out, 'drain')
  }
  out.end()
  await once(out, 'finish')
}

function lineOf(row: number, isBad: (row: number) => boolean): string {
  const day = `2019-${String((row % 12) + 1).padStart(2, '0')}-${String((row % 28) + 1).padStart(2, '0')}`
  const second = isBad(row) ? 'x' : String((row * 7919) % 100_000)
  const price = ((row * 37) % 10_000) / 100
  return `${row},${second},name ${row % 1000},${row / 7},${price.toFixed(2)},${day},${day} 10:20:30,${row % 2 === 0}\n`
}
