import type { RenderedQuery } from '../../contract/render.ts'
import type { DeclaredTable } from '../../contract/spec.ts'
import type { FaultPlace } from './faults.ts'
import type { Params } from './params.ts'
import type { BoundColumn } from './source-parquet.ts'
import { quoteName, subquery } from './sql-text.ts'
import { typeSql } from './types.ts'

/** Where the rows of an output come from: a user's query, or the table that gathered them. */
export interface RowsIn {
  /** A relation as SQL, in parentheses when it is a query. */
  readonly relation: string
  readonly params?: Params
  /** The columns as they are bound. */
  readonly columns: readonly BoundColumn[]
  /** Where a fault of it is reported. */
  readonly place: FaultPlace
}

/** A user's query as rows, after the gate and the contract have let it pass. */
export function rowsOfQuery(
  query: RenderedQuery,
  params: Params,
  columns: readonly BoundColumn[],
  place: FaultPlace,
): RowsIn {
  return { relation: subquery(query.text), params, columns, place }
}

/** The rows with the names, types and order of the contract. A value that does not fit fails the statement. */
export function contractRows(table: DeclaredTable, rows: RowsIn): string {
  const columns = table.columns.map(
    ({ name, type }) => `CAST(${quoteName(name)} AS ${typeSql(type)}) AS ${quoteName(name)}`,
  )
  return `SELECT ${columns.join(', ')} FROM ${rows.relation} AS q`
}

/** The column that holds the text of a value that does not fit; no column of a contract has such a name. */
export function rawName(at: number): string {
  return quoteName(`\u0001raw ${at}`)
}

/** The same rows, where a value that does not fit is NULL and its text stands in a column beside it. */
export function lenientRows(table: DeclaredTable, rows: RowsIn): string {
  const columns = table.columns.flatMap(({ name, type }, at) => {
    const [value, cast] = [quoteName(name), `TRY_CAST(${quoteName(name)} AS ${typeSql(type)})`]
    const raw = `CASE WHEN ${cast} IS NULL AND ${value} IS NOT NULL THEN CAST(${value} AS VARCHAR) END`
    return [`${cast} AS ${value}`, `${raw} AS ${rawName(at)}`]
  })
  return `SELECT ${columns.join(', ')} FROM ${rows.relation} AS q`
}
