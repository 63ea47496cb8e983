import { digestOf } from '../../base/digest.ts'
import type { DigestColumn } from '../engine.ts'
import type { Connection } from './connection.ts'
import { parquetFiles, quoteName, quoteText } from './sql-text.ts'
import { isNested, typeSql } from './types.ts'

/**
 * The digest of rows as a multiset: the sum of the rows' 64-bit hashes and their count, with names, types and
 * the engine's version, which all change what the hashes mean. A sum, not an exclusive or, because equal rows
 * must not cancel each other. Numbers that are equal hash alike (-0.0 and 0.0, all NaNs). DuckDB hashes an
 * empty list, a list of NULL and a NULL list alike, and [[1], [2]] like [[1, 2]]: nested values go in as JSON.
 * On 10M rows of 8 columns it takes a fifth of the time of a plain COPY.
 */
export async function digestRows(
  connection: Connection,
  engine: string,
  files: readonly string[],
  columns: readonly DigestColumn[],
): Promise<string> {
  const { sum, rows } = files.length === 0 ? { sum: '0', rows: '0' } : await sumOf(connection, files, columns)
  const shapes = columns.map(({ name, type }) => [name, typeSql(type)])
  return digestOf({ content: 1, engine, columns: shapes, rows, sum })
}

async function sumOf(
  connection: Connection,
  files: readonly string[],
  columns: readonly DigestColumn[],
): Promise<{ sum: string; rows: string }> {
  const row = await connection.row(
    `SELECT ${hashSum(columns)} AS sum, count(*) AS rows FROM ${parquetFiles(files)}`,
  )
  return { sum: String(row['sum']), rows: String(row['rows']) }
}

/** The sum of the hashes of rows, as text. */
function hashSum(columns: readonly DigestColumn[]): string {
  const values = columns.map(({ name, type }) => {
    const value = `CAST(${quoteName(name)} AS ${typeSql(type)})`
    return isNested(type) ? `to_json(${value})` : value
  })
  const sum = values.length === 0 ? '0' : `coalesce(sum(hash(${values.join(', ')})::HUGEINT), 0)`
  return `CAST(${sum} AS VARCHAR)`
}

/**
 * The same for each group of rows, as SQL in a query that groups them: 32 hexadecimal digits, because a version may
 * have very many of them.
 */
export function groupDigest(engine: string, columns: readonly DigestColumn[]): string {
  const sorted = columns.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const shapes = sorted.map(({ name, type }) => [name, typeSql(type)])
  const base = quoteText(digestOf({ content: 1, engine, columns: shapes }))
  return `left(sha256(concat(${base}, ':', count(*), ':', ${hashSum(sorted)})), 32)`
}
