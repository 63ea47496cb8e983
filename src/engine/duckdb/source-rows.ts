import type { Problem } from '../../base/problem.ts'
import type { DeclaredColumn, DeclaredSource } from '../../contract/spec.ts'
import type { Connection } from './connection.ts'
import type { Fault } from './faults.ts'
import { fractionMark, isFraction, readsAsText, wholeNumber } from './source-columns.ts'
import type { SourceView } from './source-csv.ts'
import { lengthLimit } from './source-limits.ts'
import { ownColumnsOnly, quoteName, quotePaths, quoteTypes } from './sql-text.ts'
import { parseType, typeSql, type SqlType } from './types.ts'

/**
 * Rows of a database as a relation: files in exchange form (see `connect/exchange.ts`), which hold all declared
 * columns in their order. Nothing is rounded: a value that its type does not keep is an error.
 */
export function rowsView(
  _connection: Connection,
  source: DeclaredSource,
  files: readonly string[],
  picked: readonly DeclaredColumn[],
): Promise<SourceView> {
  const columns = picked.map((column) => `${valueOf(column)} AS ${quoteName(column.name)}`)
  return Promise.resolve({
    selects: [`SELECT ${columns.join(', ')} FROM ${rowsFiles(source, files)}`],
    problems: [],
  })
}

function rowsFiles(source: DeclaredSource, files: readonly string[]): string {
  const options = [
    'auto_detect=false',
    ownColumnsOnly,
    "delim=','",
    `quote='"'`,
    `escape='"'`,
    'header=false',
    "new_line='\\n'",
    "nullstr=''",
    'allow_quoted_nulls=false',
    `columns=${quoteTypes(source.columns.map(({ name }) => ({ name, type: 'VARCHAR' })))}`,
  ]
  return `read_csv(${quotePaths(files)}, ${options.join(', ')})`
}

function valueOf(column: DeclaredColumn): string {
  const type = parseType(column.type)
  const text = quoteName(column.name)
  if (type.kind !== 'list') return scalar(text, type)
  // A list is JSON with texts, so that no number goes through a double.
  const texts = `from_json(${text}, '${listShape(type)}')`
  return `CAST(${eachOf(texts, type, 0)} AS ${typeSql(column.type)})`
}

function listShape(type: SqlType): string {
  return type.kind === 'list' ? `[${listShape(type.item)}]` : '"VARCHAR"'
}

function eachOf(list: string, type: SqlType, depth: number): string {
  if (type.kind !== 'list') return scalar(list, type)
  const item = `each${depth}`
  return `list_transform(${list}, lambda ${item}: ${eachOf(item, type.item, depth + 1)})`
}

/** A value from its text, or an error. */
function scalar(text: string, type: SqlType): string {
  const sql = sqlOf(type)
  if (type.kind === 'decimal')
    return `CAST(CASE WHEN ${isLonger(text, type.scale)} THEN ${refuse} ELSE ${text} END AS ${sql})`
  if (sql === 'VARCHAR') return text
  if (sql === 'BLOB')
    return `CASE WHEN NOT starts_with(${text}, '\\x') THEN CAST(${refuse} AS BLOB) ELSE unhex(substr(${text}, 3)) END`
  if (readsAsText({ name: '', type: sql, nullable: true })) return wholeNumber(text, sql)
  if (/^(DATE|TIMESTAMP)/.test(sql))
    return `CAST(CASE WHEN ${isBeyond(text)} THEN ${refuse} ELSE ${text} END AS ${sql})`
  return `CAST(${text} AS ${sql})`
}

function sqlOf(type: SqlType): string {
  if (type.kind === 'decimal') return `DECIMAL(${type.width},${type.scale})`
  return type.kind === 'plain' ? type.name : 'VARCHAR'
}

const refuse = `error('${fractionMark}')`

/** Whether a number has more decimal places that count than its type. DuckDB would round without a word. */
function isLonger(text: string, scale: number): string {
  return `(length(rtrim(split_part(${text}, '.', 2), '0')) > ${scale} OR contains(${text}, 'e') AND ${isFraction(text)})`
}

/** DuckDB drops `BC` from dates without a word, and no other engine knows `infinity`. */
function isBeyond(text: string): string {
  return `(ends_with(${text}, 'BC') OR ends_with(${text}, 'infinity'))`
}

/** So many values of a column are told. */
const told = 5

/** Reads rows of a database once more after a query failed on them, and tells the values that are not of their types. */
export async function rowsProblems(
  connection: Connection,
  source: DeclaredSource,
  files: readonly string[],
  picked: readonly DeclaredColumn[],
  fault: Fault,
): Promise<Problem[]> {
  const where = source.where ?? { file: files[0] ?? '' }
  const limit = lengthLimit(source, where, fault.message)
  if (limit) return [limit]
  const problems: Problem[] = []
  for (const column of picked) {
    const text = quoteName(column.name)
    const wrong = wrongValue(column, text)
    if (wrong === undefined) continue
    const rows = await connection.rows(
      `SELECT DISTINCT left(${text}, 100) AS raw FROM ${rowsFiles(source, files)} WHERE ${wrong} LIMIT ${told}`,
    )
    for (const { raw } of rows) {
      const message = `source '${source.name}': column '${column.name}': ${JSON.stringify(raw)} is not ${column.type}`
      problems.push({ code: 'source/value', message, where })
    }
  }
  return problems
}

/** True where a text is not of its type; undefined where all texts are. */
function wrongValue({ type: text }: DeclaredColumn, value: string): string | undefined {
  const type = parseType(text)
  const sql = sqlOf(type)
  const fails = `(${value} IS NOT NULL AND TRY_CAST(${value} AS ${sql}) IS NULL)`
  if (type.kind === 'decimal') return `(${fails} OR ${isLonger(value, type.scale)})`
  if (sql === 'BLOB') return `NOT starts_with(${value}, '\\x')`
  if (type.kind !== 'plain' || sql === 'VARCHAR') return undefined
  if (/^(DATE|TIMESTAMP)/.test(sql)) return `(${fails} OR ${isBeyond(value)})`
  return readsAsText({ name: '', type: sql, nullable: true }) ? `(${fails} OR ${isFraction(value)})` : fails
}
