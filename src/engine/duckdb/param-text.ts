import { DuckDBListValue, type DuckDBValue } from '@duckdb/node-api'
import type { Json } from '../../base/wire.ts'
import type { Edit } from './edits.ts'
import { tokensOf } from './lex.ts'
import { bindParams } from './params.ts'
import { quoteText } from './sql-text.ts'

/**
 * Edits that put the values of parameters in their places: DuckDB plans no statement whose parameters have no
 * types. A text stays a bare literal, since DuckDB lets only those become dates and the like unasked, as it lets a
 * bound text. Throws a ProblemError (`query/value`).
 */
export function paramEdits(text: string, params: readonly Json[]): Edit[] {
  if (params.length === 0) return []
  const { values, types } = bindParams(params)
  const literals = values.map((value, at) => literal(value, String(types[at])))
  return tokensOf(text).flatMap(({ kind, start, text: piece }) => {
    const value = kind === 'param' ? literals[Number(piece.slice(1)) - 1] : undefined
    return value === undefined ? [] : [{ start, end: start + piece.length, text: value }]
  })
}

function literal(value: DuckDBValue, type: string): string {
  if (value === null) return 'NULL'
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return quoteText(value)
  return `CAST(${plain(value)} AS ${type})`
}

function plain(value: DuckDBValue): string {
  if (value === null) return 'NULL'
  if (value instanceof DuckDBListValue) return `[${value.items.map(plain).join(', ')}]`
  return quoteText(String(value))
}
