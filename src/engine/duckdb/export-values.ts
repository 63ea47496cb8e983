import type { DeclaredColumn } from '../../contract/spec.ts'
import type { ExportFormat } from '../export.ts'
import { quoteName, quoteText } from './sql-text.ts'
import { isNested, parseType, type SqlType } from './types.ts'

type Kind = ExportFormat['kind']

/** The columns of a relation as a format takes them, as the select list of a query. */
export function exportedColumns(columns: readonly DeclaredColumn[], format: ExportFormat): string {
  return columns
    .map(({ name, type }) => `${valueOf(quoteName(name), parseType(type), format)} AS ${quoteName(name)}`)
    .join(', ')
}

function valueOf(name: string, type: SqlType, format: ExportFormat): string {
  if (format.kind === 'exchange')
    return format.database === 'postgres' ? postgresValue(name, type) : sqliteValue(name, type)
  if (format.kind === 'excel') return excelValue(name, type)
  if (format.kind !== 'csv') return name
  if (type.kind !== 'plain' && type.kind !== 'decimal') return `CAST(to_json(${name}) AS VARCHAR)`
  const word = wordOf(type)
  if (format.tableSchema === true) return schemaValue(name, word)
  if (format.escapeFormulas === true && (word === 'VARCHAR' || word === 'JSON')) return withoutFormula(name)
  return name
}

/** OWASP, "CSV Injection": texts that begin so are taken for formulas by spreadsheets. */
function withoutFormula(name: string): string {
  const begins = `regexp_matches(CAST(${name} AS VARCHAR), ${quoteText('^[=+@\\t\\r\\n-]')})`
  return `CASE WHEN ${begins} THEN ${quoteText("'")} || CAST(${name} AS VARCHAR) ELSE CAST(${name} AS VARCHAR) END`
}

/** Lexical forms of Table Schema: XML Schema's for times, base64 for bytes. */
function schemaValue(name: string, word: string): string {
  switch (word) {
    case 'TIMESTAMP':
      return `strftime(${name}, '%Y-%m-%dT%H:%M:%S.%f')`
    case 'TIMESTAMP WITH TIME ZONE':
      return `strftime(${name} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')`
    case 'BLOB':
      return `to_base64(${name})`
    case 'FLOAT':
    case 'DOUBLE':
      return `CASE WHEN isnan(${name}) THEN 'NaN' WHEN isinf(${name}) THEN if(${name} > 0, 'INF', '-INF') ELSE CAST(${name} AS VARCHAR) END`
    default:
      return name
  }
}

/** Texts that PostgreSQL reads back as the same value: its array literals, years before Christ, JSON for what is nested. */
function postgresValue(name: string, type: SqlType): string {
  if (type.kind === 'list' && !isNested(textOf(type.item))) {
    const item = postgresValue('v', type.item)
    const escaped = `replace(replace(CAST(${item} AS VARCHAR), '\\', '\\\\'), '"', '\\"')`
    const items = `list_transform(${name}, lambda v: CASE WHEN v IS NULL THEN 'NULL' ELSE '"' || ${escaped} || '"' END)`
    return `CASE WHEN ${name} IS NULL THEN NULL ELSE '{' || array_to_string(${items}, ',') || '}' END`
  }
  if (type.kind !== 'plain' && type.kind !== 'decimal') return `CAST(to_json(${name}) AS VARCHAR)`
  const word = wordOf(type)
  if (word === 'DATE' || word.startsWith('TIMESTAMP'))
    return `regexp_replace(CAST(${name} AS VARCHAR), '^(.*) \\(BC\\)(.*)$', '\\1\\2 BC')`
  if (word === 'BLOB') return `'\\x' || hex(${name})`
  return `CAST(${name} AS VARCHAR)`
}

/** Texts that SQLite keeps, or that its driver reads as numbers and bytes. */
function sqliteValue(name: string, type: SqlType): string {
  if (type.kind !== 'plain' && type.kind !== 'decimal') return `CAST(to_json(${name}) AS VARCHAR)`
  return wordOf(type) === 'BLOB' ? `'\\x' || hex(${name})` : `CAST(${name} AS VARCHAR)`
}

/** What a workbook has no type for is text. */
function excelValue(name: string, type: SqlType): string {
  if (type.kind === 'plain') {
    const word = wordOf(type)
    if (plainInExcel.has(word)) return name
    if (word === 'BLOB') return `to_base64(${name})`
    return `CAST(${name} AS VARCHAR)`
  }
  return type.kind === 'decimal' ? `CAST(${name} AS VARCHAR)` : `CAST(to_json(${name}) AS VARCHAR)`
}

const plainInExcel: ReadonlySet<string> = new Set([
  'BOOLEAN',
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'FLOAT',
  'DOUBLE',
  'VARCHAR',
  'DATE',
  'TIMESTAMP',
])

/** A condition that is true of rows with values that a format cannot hold, or undefined where it holds all. */
export function unheld(columns: readonly DeclaredColumn[], format: ExportFormat): string | undefined {
  const { kind } = format
  const asPackage = kind === 'csv' && format.tableSchema === true
  const forSqlite = kind === 'exchange' && format.database === 'sqlite'
  const conditions = columns.flatMap(({ name, type }) => {
    const word = type.toUpperCase()
    const column = quoteName(name)
    const isFloat = word === 'FLOAT' || word === 'DOUBLE'
    const isTime = word === 'DATE' || word.startsWith('TIMESTAMP')
    if (isFloat && (forSqlite || noFloats.has(kind))) return `NOT isfinite(${column})`
    // The text of JSON has words for them that no reader takes.
    if (isNested(type) && /FLOAT|DOUBLE/.test(word) && kind !== 'parquet')
      return `regexp_matches(CAST(to_json(${column}) AS VARCHAR), '[:,\\[](NaN|-?Infinity)[],}]')`
    // Four digits of a year, as XML Schema and readers have them.
    if (isTime && asPackage) return `NOT isfinite(${column}) OR year(${column}) NOT BETWEEN 1 AND 9999`
    return isTime && kind === 'excel' ? `NOT isfinite(${column})` : []
  })
  return conditions.length === 0 ? undefined : conditions.join(' OR ')
}

const noFloats: ReadonlySet<Kind> = new Set<Kind>(['json', 'ndjson', 'excel'])

function wordOf(type: SqlType): string {
  return type.kind === 'plain' ? type.name : 'DECIMAL'
}

function textOf(type: SqlType): string {
  return type.kind === 'plain' ? type.name : type.kind === 'decimal' ? 'DECIMAL(1,0)' : 'X[]'
}
