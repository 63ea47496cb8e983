import type { CsvDialect } from '../../contract/source.ts'
import type { DeclaredColumn } from '../../contract/spec.ts'
import { isFraction, readsAsText } from './source-columns.ts'
import { quoteName, quoteText } from './sql-text.ts'
import { typeSql } from './types.ts'

const withComma = /^(?:DOUBLE|FLOAT|DECIMAL\b.*)$/

/**
 * The value of a text of a CSV file as DuckDB's own reader makes it, or NULL when it makes none. A test holds the
 * two together.
 */
export function triedValue(column: DeclaredColumn, dialect: CsvDialect): string {
  const text = quoteName(column.name)
  const type = typeSql(column.type)
  const { dateFormat, timestampFormat, decimalSeparator } = dialect
  if (column.type === 'VARCHAR') return text
  if (readsAsText(column)) return `CASE WHEN NOT ${isFraction(text)} THEN TRY_CAST(${text} AS ${type}) END`
  if (column.type === 'DATE' && dateFormat !== undefined)
    return `TRY_CAST(try_strptime(${text}, ${quoteText(dateFormat)}) AS DATE)`
  if (column.type.startsWith('TIMESTAMP') && timestampFormat !== undefined)
    return `TRY_CAST(try_strptime(${text}, ${quoteText(timestampFormat)}) AS ${type})`
  if (decimalSeparator === ',' && withComma.test(column.type))
    return `CASE WHEN NOT contains(${text}, '.') THEN TRY_CAST(replace(${text}, ',', '.') AS ${type}) END`
  return `TRY_CAST(${text} AS ${type})`
}

/** True of a text that is not what its column declares: no value of its type, or none where there must be one. */
export function isWrongText(column: DeclaredColumn, dialect: CsvDialect): string {
  const text = quoteName(column.name)
  const missing = column.nullable ? [] : [`${text} IS NULL`]
  const unfit =
    column.type === 'VARCHAR' ? [] : [`(${text} IS NOT NULL AND ${triedValue(column, dialect)} IS NULL)`]
  return [...missing, ...unfit].join(' OR ')
}

/** True of a row that has such a text; undefined when none can have. */
export function isWrongRow(columns: readonly DeclaredColumn[], dialect: CsvDialect): string | undefined {
  const tests = columns.map((column) => isWrongText(column, dialect)).filter((test) => test !== '')
  return tests.length === 0 ? undefined : tests.map((test) => `(${test})`).join(' OR ')
}
