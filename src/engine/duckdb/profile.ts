import type { DuckDBValue } from '@duckdb/node-api'
import type { Connection } from './connection.ts'
import { describe, type BoundColumn } from './source-parquet.ts'
import { parquetFiles, quoteName } from './sql-text.ts'
import { isNested } from './types.ts'

/** Some rows as texts, for people. */
export interface TextPreview {
  readonly columns: readonly BoundColumn[]
  /** Null for NULL. */
  readonly rows: readonly (readonly (string | null)[])[]
  /** Rows in all. */
  readonly total: number
}

/** What a column holds. */
export interface ColumnProfile extends BoundColumn {
  readonly nulls: number
  /** About how many different values there are. */
  readonly distinct: number
  readonly min?: string
  readonly max?: string
}

export async function previewFiles(
  connection: Connection,
  files: readonly string[],
  limit: number,
): Promise<TextPreview> {
  if (files.length === 0) return { columns: [], rows: [], total: 0 }
  const from = `FROM ${parquetFiles(files)}`
  const columns = await describe(connection, from)
  const result = await connection.run(`SELECT * ${from} LIMIT ${Math.max(0, Math.floor(limit))}`)
  const rows = (await result.getRows()).map((row) => row.map(cell))
  const { n } = await connection.row(`SELECT count(*) AS n ${from}`)
  return { columns, rows, total: Number(n) }
}

function cell(value: DuckDBValue): string | null {
  return value === null ? null : String(value)
}

/** Counts and ranges of columns. Texts of minimum and maximum are cut at 200 characters. */
export async function profileFiles(
  connection: Connection,
  files: readonly string[],
  names?: readonly string[],
): Promise<ColumnProfile[]> {
  if (files.length === 0) return []
  const from = `FROM ${parquetFiles(files)}`
  const all = await describe(connection, from)
  const columns = names ? all.filter(({ name }) => names.includes(name)) : all
  if (columns.length === 0) return []
  const row = await connection.row(`SELECT ${columns.map(profileSql).join(', ')} ${from}`)
  return columns.map((column, at) => {
    const [min, max] = [row[`min${at}`], row[`max${at}`]]
    return {
      ...column,
      nulls: Number(row[`nulls${at}`]),
      distinct: Number(row[`distinct${at}`]),
      ...(typeof min === 'string' && { min }),
      ...(typeof max === 'string' && { max }),
    }
  })
}

function profileSql({ name, type }: BoundColumn, at: number): string {
  const column = quoteName(name)
  const range = isNested(type)
    ? []
    : ['min', 'max'].map((end) => `left(CAST(${end}(${column}) AS VARCHAR), 200) AS ${end}${at}`)
  return [
    `count(*) - count(${column}) AS nulls${at}`,
    `least(approx_count_distinct(${column}), count(${column})) AS distinct${at}`,
    ...range,
  ].join(', ')
}
