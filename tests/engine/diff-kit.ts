import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { openReader } from '../../src/engine/duckdb/reader.ts'
import type { DiffRequest, DiffSide, RowsDiff } from '../../src/engine/table-diff.ts'
import type { ColumnShape } from '../../src/lake/types.ts'

/** Two versions of a table, each as the query that gives its rows, and what is compared. */
export interface Case extends Partial<Pick<DiffRequest, 'key' | 'columns' | 'examples' | 'tolerance'>> {
  readonly before: string
  readonly after: string
  /** Columns that the contracts of both sides promise to be unique together. */
  readonly promised?: readonly string[]
}

/** A reader, and an engine of its own that writes what it compares. */
export interface DiffRig {
  diff(what: Case): Promise<RowsDiff>
  side(query: string, promised?: readonly string[]): Promise<DiffSide>
  close(): Promise<void>
}

export async function openDiffRig(): Promise<DiffRig> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-diff-'))
  const instance = await DuckDBInstance.create(':memory:')
  const writer = await instance.connect()
  const reader = await openReader({ memory: '500MB', threads: 2, tempFolder: path.join(folder, 'spill') })
  let count = 0
  const side = (query: string, promised: readonly string[] = []) =>
    writtenSide(writer, path.join(folder, `part-${++count}.parquet`), query, promised)
  return {
    side,
    async diff({ before, after, promised, key = [], columns, examples = 5, tolerance = 0 }) {
      const sides = { before: await side(before, promised), after: await side(after, promised) }
      const there = new Set(sides.after.columns.map(({ name }) => name))
      const shared = sides.before.columns.map(({ name }) => name).filter((name) => there.has(name))
      const others = columns ?? shared.filter((name) => !key.includes(name))
      return reader.diff({ ...sides, key, columns: others, examples, tolerance }, 'silver.trips')
    },
    async close() {
      await reader.close()
      writer.closeSync()
      instance.closeSync()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function writtenSide(
  writer: DuckDBConnection,
  file: string,
  query: string,
  key: readonly string[],
): Promise<DiffSide> {
  const copied = await writer.run(`COPY (${query}) TO '${file}' (FORMAT parquet)`)
  const rows = Number((await copied.getRows())[0]?.[0])
  const described = await (await writer.run(`DESCRIBE ${query}`)).getRowObjects()
  const columns = described.map((row): ColumnShape => {
    return { name: String(row['column_name']), type: String(row['column_type']), nullable: true }
  })
  return { files: [file], columns, rows, key }
}
