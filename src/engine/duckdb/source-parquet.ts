import type { Problem } from '../../base/problem.ts'
import type { DeclaredColumn, DeclaredSource } from '../../contract/spec.ts'
import type { Connection } from './connection.ts'
import { FaultError, firstLine } from './faults.ts'
import { columnProblems } from './source-columns.ts'
import type { SourceView } from './source-csv.ts'
import { columnLimit } from './source-limits.ts'
import { parquetFiles, quoteName } from './sql-text.ts'
import { fits } from './type-fit.ts'
import { foundType, parseType, typeSql } from './types.ts'

/** A column as DESCRIBE tells it. */
export interface BoundColumn {
  readonly name: string
  readonly type: string
}

/** The columns of a relation or query, as DuckDB binds it. */
export async function describe(
  connection: Connection,
  sql: string,
  params?: Parameters<Connection['rows']>[1],
): Promise<BoundColumn[]> {
  const rows = await connection.rows(`DESCRIBE ${sql}`, params)
  return rows.map((row) => ({ name: String(row['column_name']), type: String(row['column_type']) }))
}

/** Parquet files as relations, one for each kind of schema; types may be narrower than declared, without loss. */
export async function parquetView(
  connection: Connection,
  source: DeclaredSource,
  files: readonly string[],
  picked: readonly DeclaredColumn[],
): Promise<SourceView> {
  const problems: Problem[] = []
  const schemas = new Map<string, string[]>()
  for (const file of files) {
    const columns = await schemaOf(connection, source, file)
    if ('code' in columns) {
      problems.push(columns)
      continue
    }
    const limit = columnLimit(source, file, columns.length)
    if (limit) {
      problems.push(limit)
      continue
    }
    problems.push(...columnProblems(source, { file, names: columns.map(({ name }) => name) }))
    problems.push(...typeProblems(source, file, columns))
    const key = JSON.stringify(columns)
    schemas.set(key, [...(schemas.get(key) ?? []), file])
  }
  const selects = [...schemas.values()].map((same) => `SELECT ${casts(picked)} FROM ${parquetFiles(same)}`)
  return { selects, problems }
}

/** Columns by name, cast to their declared types. */
export function casts(columns: readonly DeclaredColumn[]): string {
  return columns
    .map(({ name, type }) => `CAST(${quoteName(name)} AS ${typeSql(type)}) AS ${quoteName(name)}`)
    .join(', ')
}

async function schemaOf(
  connection: Connection,
  source: DeclaredSource,
  file: string,
): Promise<BoundColumn[] | Problem> {
  try {
    return await describe(connection, `FROM ${parquetFiles([file])}`)
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
    const message = `source '${source.name}': ${firstLine(error.fault.message)}`
    return { code: 'source/format', message, where: { file } }
  }
}

function typeProblems(source: DeclaredSource, file: string, columns: readonly BoundColumn[]): Problem[] {
  return source.columns.flatMap(({ name, type }): Problem[] => {
    const found = columns.find((column) => column.name === name)
    if (!found || fits(foundType(found.type), parseType(type), 'lossless')) return []
    return [
      {
        code: 'contract/type-mismatch',
        message: `source '${source.name}': column '${name}' is ${found.type} in the file but ${type} is declared`,
        where: { file },
        hint: `declare it as ${found.type}, and convert it in a query`,
      },
    ]
  })
}
