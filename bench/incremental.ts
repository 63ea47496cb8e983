import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { compared, type Figure } from './figure.ts'
import { interleaved } from './measure.ts'
import { duckDb, sluice } from './processes.ts'
import { inScratch, makeProject } from './scratch.ts'
import { duckDbSettings } from './settings.ts'

const rows = 3_000_000
const rounds = 3

/**
 * A file with 1% new rows comes to 3 million: a table that is appended, with a key, and one that is merged, against
 * the same notebooks that compute all anew. Whole runs of the command line.
 */
export function incremental(): Promise<Figure[]> {
  return inScratch(async (folder) => {
    const figures: Figure[] = []
    for (const kind of ['append', 'merge'] as const) {
      const [adding, whole] = [
        side(join(folder, `${kind}-adding`), kind, true),
        side(join(folder, `${kind}-whole`), kind, false),
      ]
      const s = await interleaved(rounds, { adding, whole })
      const what = `${kind}: 1% new rows of 3M`
      figures.push(
        compared({ bench: 'incremental', what, unit: 's' }, s.adding, 'all computed anew', s.whole),
      )
    }
    return figures
  })
}

/** A project that was run once; each call brings a file and runs it again. */
function side(project: string, kind: 'append' | 'merge', isIncremental: boolean): () => number {
  mkdirSync(project, { recursive: true })
  makeProject(project, {
    'notebooks/events.ts': notebookText(kind, isIncremental),
    'flows/events.ts': flowText,
  })
  mkdirSync(join(project, 'data'))
  let files = 0
  const bring = (from: number, count: number) => {
    const query = `SELECT i AS id, i // 30 AS customer, (i * 7919) % 100000 / 7.0::DOUBLE AS amount,
      'event ' || hash(i) AS name FROM range(${from}, ${from + count}) r(i)`
    const file = join(project, `data/part_${String(files++).padStart(4, '0')}.parquet`)
    const statements = [`COPY (${query}) TO '${file}' (FORMAT parquet, COMPRESSION zstd)`]
    duckDb(project, { settings: duckDbSettings(project), statements })
  }
  bring(0, rows)
  sluice(project, 'run')
  return () => {
    bring(rows + files * (rows / 100), rows / 100)
    return sluice(project, 'run').ms / 1000
  }
}

const flowText = `import { flow } from 'sluice'
import events, { files } from '../notebooks/events.ts'
export default flow('events').source(files).step(events)
`

function notebookText(kind: 'append' | 'merge', isIncremental: boolean): string {
  const [all, added] = ['${files}', '${files.changes().added}']
  const queries = {
    append: `SELECT id, customer, round(sqrt(amount), 2) AS amount, regexp_replace(name, '[0-9]{3}', 'x', 'g') AS name
      FROM ${isIncremental ? added : all}`,
    merge: `SELECT customer, count(*) AS events, sum(amount) AS total, max(name) AS latest FROM ${all}
      ${isIncremental ? `WHERE customer IN (SELECT customer FROM ${added})` : ''} GROUP BY customer`,
  }
  const columns = {
    append: 'id: t.bigint(), customer: t.bigint(), amount: t.double(), name: t.varchar()',
    merge: 'customer: t.bigint(), events: t.bigint(), total: t.double(), latest: t.varchar()',
  }
  return `import { notebook, source, sql, t, table } from 'sluice'
export const files = source.parquet('data/*.parquet', { name: 'raw.events', columns: {
  id: t.bigint(), customer: t.bigint(), amount: t.double(), name: t.varchar(),
} })
export const events = table('bench.events', { ${columns[kind]} }, { key: ['${kind === 'append' ? 'id' : 'customer'}'] })
export default notebook({
  ${isIncremental ? `incremental: '${kind}',` : ''}
  inputs: { files }, outputs: { events },
  select: { events: ({ files }) => sql\`${queries[kind]}\` },
})
`
}
