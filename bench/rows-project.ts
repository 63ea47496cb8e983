import { join } from 'node:path'
import { duckDb } from './processes.ts'
import { makeProject, writeFiles } from './scratch.ts'
import { duckDbSettings } from './settings.ts'

export const rowsFile = 'data/rows.parquet'

/** Writes a project with code that reads rows, code that inserts rows, and a file of so many rows. */
export function writeRows(folder: string, rows: number): void {
  makeProject(folder, {
    'notebooks/tables.ts': tablesText,
    'notebooks/read_rows.ts': readText(
      'rows()',
      'for await (const row of inputs.file.rows()) sum += row.amount',
    ),
    'notebooks/read_batches.ts': readText(
      'batches()',
      'for await (const { columns } of inputs.file.batches()) for (const amount of columns.amount) sum += amount',
    ),
    'notebooks/insert_rows.ts': insertText(rows),
    'flows/rows.ts': flowText,
  })
  writeFiles(folder, { 'data/.keep': '' })
  const query = `SELECT CAST(i AS INTEGER) AS id, i / 7.0::DOUBLE AS amount, 'name ' || (i % 1000) AS name,
    TIMESTAMP '2024-01-01' + to_seconds(i) AS at FROM range(${rows}) r(i)`
  const statements = [`COPY (${query}) TO '${join(folder, rowsFile)}' (FORMAT parquet, COMPRESSION zstd)`]
  duckDb(folder, { settings: duckDbSettings(folder), statements })
}

const columns = `{ id: t.integer(), amount: t.double(), name: t.varchar(), at: t.timestamp() }`

const tablesText = `import { source, table, t } from 'sluice'

export const file = source.parquet('${rowsFile}', { name: 'files.rows', columns: ${columns} })
export const copied = table('bench.copied', ${columns})
`

/** The clock makes it untracked, so that it says it is volatile. */
const readText = (what: string, loop: string) => `import { notebook } from 'sluice'
import { file } from './tables.ts'

export default notebook({
  description: 'Reads all rows by ${what}.',
  inputs: { file },
  volatile: true,
  async run({ inputs }) {
    const begun = performance.now()
    let sum = 0
    ${loop}
    return { ms: performance.now() - begun, sum }
  },
})
`

const insertText = (rows: number) => `import { notebook } from 'sluice'
import { copied } from './tables.ts'

const start = Date.UTC(2024, 0, 1)
const names = Array.from({ length: 1000 }, (_, n) => 'name ' + n)

function* made() {
  for (let id = 0; id < ${rows}; id++) {
    yield { id, amount: id / 7, name: names[id % 1000] ?? '', at: new Date(start + id * 1000) }
  }
}

export default notebook({
  description: 'Inserts rows as code makes them.',
  outputs: { copied },
  volatile: true,
  async run({ outputs }) {
    const begun = performance.now()
    await outputs.copied.insert(made())
    return { ms: performance.now() - begun }
  },
})
`

const flowText = `import { flow } from 'sluice'
import insertRows from '../notebooks/insert_rows.ts'
import readBatches from '../notebooks/read_batches.ts'
import readRows from '../notebooks/read_rows.ts'
import { file } from '../notebooks/tables.ts'

export default flow('rows').source(file).step(readRows).step(readBatches).step(insertRows)
`
