import { fileURLToPath } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'

export const root = fileURLToPath(new URL('../..', import.meta.url))

type Figures = { readonly [column: string]: string | number }

/** A figure that is known, and two ways to it: over the raw files, and over the table that a flow wrote. */
export interface Golden {
  readonly what: string
  /** SQL over the files of `data/`, relative to the project. */
  readonly raw: string
  /** SQL over the tables of the lake. */
  readonly built: string
  readonly expected: readonly Figures[]
}

/** The rows of a query in a DuckDB of its own; numbers may come as texts. */
export async function rawRows(query: string): Promise<object[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await instance.connect()
  try {
    await connection.run(`SET file_search_path = '${root.replaceAll("'", "''")}'`)
    return (await connection.runAndReadAll(query)).getRowObjectsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/**
 * Rows whose exact values (DECIMAL as text, BIGINT as bigint) are numbers where a number is expected. The
 * figures here have at most 11 digits, so nothing is lost.
 */
export function figures(rows: readonly object[], expected: readonly Figures[]): object[] {
  const form = expected[0] ?? {}
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        typeof form[name] === 'number' ? Number(value) : value,
      ]),
    ),
  )
}
