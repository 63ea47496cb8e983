import type { Problem } from '../../base/problem.ts'
import type { CsvDialect } from '../../contract/source.ts'
import type { DeclaredColumn, DeclaredSource } from '../../contract/spec.ts'
import type { Connection } from './connection.ts'
import { headerOf } from './csv-header.ts'
import { hiddenLongLine, longLine } from './long-lines.ts'
import {
  columnProblems,
  layoutsOf,
  readsAsText,
  wholeNumber,
  type FileColumns,
  type Layout,
} from './source-columns.ts'
import {
  fileColumn,
  ownColumnsOnly,
  quoteName,
  quotePaths,
  quoteText,
  quoteTexts,
  quoteTypes,
  withFileColumn,
} from './sql-text.ts'
import { typeSql } from './types.ts'

/** A source's files, looked at: relations by layout, or what is wrong. */
export interface SourceView {
  readonly selects: readonly string[]
  readonly problems: readonly Problem[]
}

/**
 * CSV files as relations. Names come from each file's header, and columns are found by name whatever their
 * order. A field that is empty, or one of `nulls`, is NULL, quoted or not: exports that quote everything are
 * common, and a number cannot be an empty text.
 */
export async function csvView(
  connection: Connection,
  source: DeclaredSource,
  files: readonly string[],
  picked: readonly DeclaredColumn[],
): Promise<SourceView> {
  const { layouts, problems } = await csvLayouts(connection, source, files)
  return { selects: layouts.map((layout) => csvSelect(source, layout, picked)), problems }
}

/** The files by layout, and what is wrong with their headers. */
export async function csvLayouts(
  connection: Connection,
  source: DeclaredSource,
  files: readonly string[],
): Promise<{ readonly layouts: readonly Layout[]; readonly problems: readonly Problem[] }> {
  const good: FileColumns[] = []
  const problems: Problem[] = []
  for (const file of files) {
    const header = await headerWithin(connection, source, file)
    const faults = 'code' in header ? [header] : columnProblems(source, header)
    if (faults.length === 0 && !('code' in header)) good.push(header)
    problems.push(...faults)
  }
  const layouts = layoutsOf(good)
  for (const layout of layouts) problems.push(...(await surplusProblems(connection, source, layout)))
  return { layouts, problems }
}

/** The header, unless a line of the file is too long, which the reader would tell as something else or not at all. */
async function headerWithin(
  connection: Connection,
  source: DeclaredSource,
  file: string,
): Promise<FileColumns | Problem> {
  const hidden = await hiddenLongLine(connection, source, file)
  if (hidden) return hidden
  const header = await headerOf(connection, source, file)
  return 'code' in header ? ((await longLine(connection, source, file)) ?? header) : header
}

/** The column behind the last one of a lenient layout, where it is looked for fields that are too many. */
const beyond = 'beyond the last column'

/**
 * DuckDB's lenient reader, which files with mixed line ends need, drops fields behind the last column without
 * a word. They are looked for once, with a column more.
 */
async function surplusProblems(
  connection: Connection,
  source: DeclaredSource,
  layout: Layout,
): Promise<Problem[]> {
  if (!layout.lenient) return []
  const wide = { ...layout, names: [...layout.names, beyond] }
  const from = csvFiles(source, wide, ['null_padding=true', withFileColumn])
  const rows = await connection.rows(
    `SELECT ${fileColumn} AS file, count(*) AS n FROM ${from} WHERE ${quoteName(beyond)} IS NOT NULL GROUP BY ALL`,
  )
  return rows.map(({ file, n }) => ({
    code: 'source/format',
    message: `source '${source.name}': ${String(n)} lines have more fields than the header`,
    where: { file: String(file) },
  }))
}

function csvSelect(source: DeclaredSource, layout: Layout, picked: readonly DeclaredColumn[]): string {
  const columns = picked.map((column) => `${valueOf(column, source.dialect)} AS ${quoteName(column.name)}`)
  return `SELECT ${columns.join(', ')} FROM ${csvFiles(source, layout)}`
}

function valueOf(column: DeclaredColumn, dialect: CsvDialect): string {
  const name = quoteName(column.name)
  if (readsAsText(column)) return wholeNumber(name, typeSql(column.type))
  return withZone(column, dialect)
    ? `CAST(strptime(${name}, ${quoteText(dialect.timestampFormat ?? '')}) AS ${typeSql(column.type)})`
    : name
}

/** DuckDB's reader makes NULL of every time with a zone when there is a format. */
function withZone({ type }: DeclaredColumn, { timestampFormat }: CsvDialect): boolean {
  return type === 'TIMESTAMP WITH TIME ZONE' && timestampFormat !== undefined
}

/**
 * The files of a layout as DuckDB reads them. `as` says how: `typed` reads whole numbers as such, to find wrong ones;
 * `texts` converts nothing.
 */
export function csvFiles(
  source: DeclaredSource,
  layout: Layout,
  more: readonly string[] = [],
  as: 'rows' | 'typed' | 'texts' = 'rows',
): string {
  const { dialect } = source
  const taken = new Set<string>()
  const columns = layout.names.map((name, at) => {
    const declared = source.columns.find((column) => column.name === name)
    const asText =
      !declared || as === 'texts' || (as === 'rows' && (readsAsText(declared) || withZone(declared, dialect)))
    const type = asText ? 'VARCHAR' : typeSql(declared.type)
    const clash = !declared && (taken.has(name.toLowerCase()) || clashes(name, source.columns))
    taken.add(name.toLowerCase())
    return { name: clash || name === '' ? `column ${at + 1} of the file` : name, type }
  })
  const options = [
    ...dialectOptions(dialect),
    `strict_mode=${!layout.lenient}`,
    `columns=${quoteTypes(columns)}`,
    ...more,
  ]
  return `read_csv(${quotePaths(layout.files)}, ${options.join(', ')})`
}

function clashes(name: string, columns: readonly DeclaredColumn[]): boolean {
  return columns.some((column) => column.name.toLowerCase() === name.toLowerCase())
}

function dialectOptions(dialect: CsvDialect): string[] {
  const { quote = '"', escape = quote, nulls = [''] } = dialect
  return [
    'auto_detect=false',
    ownColumnsOnly,
    `delim=${quoteText(dialect.delimiter ?? ',')}`,
    `quote=${quoteText(quote)}`,
    `escape=${quoteText(escape)}`,
    `header=${dialect.header !== false}`,
    ...(dialect.comment === undefined ? [] : [`comment=${quoteText(dialect.comment)}`]),
    `skip=${Math.trunc(dialect.skip ?? 0)}`,
    `nullstr=${quoteTexts(nulls)}`,
    `decimal_separator=${quoteText(dialect.decimalSeparator ?? '.')}`,
    ...(dialect.dateFormat === undefined ? [] : [`dateformat=${quoteText(dialect.dateFormat)}`]),
    ...(dialect.timestampFormat === undefined
      ? []
      : [`timestampformat=${quoteText(dialect.timestampFormat)}`]),
  ]
}

/** A file as texts, read strictly; nothing is converted. */
export function csvTexts(
  source: DeclaredSource,
  { file, names, isCopy }: FileColumns,
  more: readonly string[] = [],
): string {
  const ends = isCopy ? ["new_line='\\n'"] : []
  return csvFiles(source, { names, files: [file], lenient: false }, [...ends, ...more], 'texts')
}
