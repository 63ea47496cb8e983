import type { Place } from '../base/problem.ts'
import { callSite } from '../base/site.ts'
import type { Columns } from './column.ts'
import { landingOf, type Landing } from './landing.ts'
import { makeInput, type Input, type Origin } from './input.ts'
import { rejecting, sourceRejectColumns, type Rejecting, type SourceRejectColumns } from './source-rejects.ts'
import { requireSourceOptions, type SourceFormat } from './source-forms.ts'
import { sqlOrigin, type SqlOrigin, type SqlSourceOptions } from './source-sql.ts'
import { webOf, type WebOptions } from './source-web.ts'
import { table, type Table } from './table.ts'

interface Common<C extends Columns, N extends string> extends WebOptions {
  readonly columns: C
  /** How tables of sources, flows and messages call it; the path when it is left out. */
  readonly name?: N
  /** What to do with columns of the file that are not declared; `error` when left out. */
  readonly extra?: 'error' | 'ignore'
  /**
   * Files that a committed step has taken in are moved: to `<folder>_archive/<run>/`, or into the folder that is named. They
   * stay files of the source.
   */
  readonly archive?: boolean | string
  readonly description?: string
}

/** How the text of a file is kept as bytes. A byte order mark may stand before it. */
export type TextEncoding = 'utf-8' | 'utf-16' | 'latin-1' | 'windows-1252'

/** How a CSV file is written. What is left out is: comma, double quote, a header line, UTF-8. */
export interface CsvDialect {
  readonly encoding?: TextEncoding
  readonly header?: boolean
  readonly delimiter?: string
  readonly quote?: string
  readonly escape?: string
  /** Texts that mean NULL; an empty field when left out. */
  readonly nulls?: readonly string[]
  /** A character; it and what stands behind it in a line, outside of quotes, is left out. */
  readonly comment?: string
  /** Lines to leave out before the header. */
  readonly skip?: number
  /** strftime formats, as in DuckDB. */
  readonly dateFormat?: string
  readonly timestampFormat?: string
  /** `,` where numbers have a decimal comma. */
  readonly decimalSeparator?: ',' | '.'
}

/** Where the rows stand in a workbook. */
export interface ExcelPlace {
  /** By name, or by number from 1; the first when left out. */
  readonly sheet?: string | number
  /** The row with the names of the columns, from 1; the first when left out. */
  readonly headerRow?: number
}

/** What a source says beside its columns; also the `details` of its origin. */
export interface SourceDetails {
  readonly format: SourceFormat
  /** Paths or globs, relative to the project; or addresses (`https://`). */
  readonly paths: readonly string[]
  readonly dialect: CsvDialect
  readonly extra: 'error' | 'ignore'
  readonly excel?: ExcelPlace
  readonly landing?: Landing
  /** Where rows go that are not what the source declares. */
  readonly rejecting?: Rejecting
  /** What of a database is read; there are no paths then. */
  readonly sql?: SqlOrigin
  /** How addresses are fetched. */
  readonly web?: WebOptions
  readonly description?: string
  readonly site?: Place
}

/** Raw files with declared columns: an input like any other. */
export interface Source<N extends string, C extends Columns>
  extends Input<N, C, Origin<N, C>, false>, SourceDetails {
  readonly kind: 'source'
}

/** What an input keeps of a source with a rejects table, so that a flow knows who writes that. */
export interface RejectingOrigin<N extends string, C extends Columns, R extends string> extends Origin<N, C> {
  /** A type only. */
  readonly rejectsInto: Origin<R, SourceRejectColumns>
}

/** A source with a table that keeps the rows of its files that are not what it declares. */
export interface RejectingSource<N extends string, C extends Columns, R extends string>
  extends Input<N, C, RejectingOrigin<N, C, R>, false>, SourceDetails {
  readonly kind: 'source'
  /** An input like any other; the step that reads the source writes it. */
  readonly rejects: Table<R, SourceRejectColumns>
}

/** Where bad rows go, and how many of them there may be. */
export interface CsvRejects<R extends string> {
  /** The name of the table that keeps the rows that are not what the source declares. */
  readonly rejects: R
  /** More fail the step: a number of rows, or a share of all such as `1%`. */
  readonly maxRejects?: number | string
}

type Paths<P extends string> = P | readonly string[]

function make<const P extends string, C extends Columns, const N extends string>(
  format: SourceFormat,
  paths: Paths<P>,
  options: Common<C, N> & CsvDialect & Partial<CsvRejects<string>> & ExcelPlace,
  sql?: SqlOrigin,
): Source<N, C> {
  if (!sql) requireSourceOptions(format, [paths].flat().join(', '), options)
  const {
    columns,
    name,
    extra = 'error',
    description,
    rejects,
    maxRejects,
    sheet,
    headerRow,
    archive = false,
    headers,
    refresh,
    timeout,
    maxSize,
    ...dialect
  } = options
  const list = typeof paths === 'string' ? [paths] : [...paths]
  const called = (name ?? list.join(', ')) as N
  const site = callSite()
  const web = webOf({ headers, refresh, timeout, maxSize })
  const details: SourceDetails = {
    format,
    paths: list,
    dialect,
    extra,
    ...(format === 'excel' && {
      excel: { ...(sheet !== undefined && { sheet }), ...(headerRow !== undefined && { headerRow }) },
    }),
    ...(archive !== false && { landing: landingOf(list, archive) }),
    ...((rejects !== undefined || maxRejects !== undefined) && { rejecting: rejecting(rejects, maxRejects) }),
    ...(sql && { sql }),
    ...(web && { web }),
    ...(description && { description }),
    ...(site && { site }),
  }
  const input = makeInput<N, C, Origin<N, C>, false>({
    kind: 'source',
    name: called,
    columns,
    origin: { name: called, columns, details },
    picked: false,
    isOptional: false,
  })
  return { ...input, kind: 'source', ...details }
}

function csv<const P extends string, C extends Columns, const R extends string, const N extends string = P>(
  paths: Paths<P>,
  options: Common<C, N> & CsvDialect & CsvRejects<R>,
): RejectingSource<N, C, R>
function csv<const P extends string, C extends Columns, const N extends string = P>(
  paths: Paths<P>,
  options: Common<C, N> & CsvDialect,
): Source<N, C>
function csv<const P extends string, C extends Columns, const N extends string = P>(
  paths: Paths<P>,
  options: Common<C, N> & CsvDialect & Partial<CsvRejects<string>>,
): Source<N, C> {
  const made = make<P, C, N>('csv', paths, options)
  const into = made.rejecting?.table
  if (into === undefined) return made
  const description = `Rows of ${made.name} that are not what it declares.`
  return { ...made, rejects: table(into, sourceRejectColumns, { description }) } as Source<N, C>
}

function ofDatabase(format: 'postgres' | 'sqlite') {
  return <const T extends string, C extends Columns, const N extends string = T>(
    options: SqlSourceOptions<T, C, N>,
  ): Source<N, C> => {
    requireSourceOptions(format, options?.name ?? options?.table, options)
    const { columns, description } = options
    const name = (options.name ?? options.table ?? '') as N
    return make<string, C, N>(format, [], { columns, name, description, extra: 'ignore' }, sqlOrigin(options))
  }
}

/**
 * Declares raw files as inputs (one path, a glob, or a list of them, relative to the project; or addresses), or a
 * database's rows.
 */
export const source = {
  csv,
  /** A sheet of a workbook (`.xlsx`): values as they are kept, of formulas their results. */
  excel: <const P extends string, C extends Columns, const N extends string = P>(
    paths: Paths<P>,
    options: Common<C, N> & ExcelPlace,
  ) => make<P, C, N>('excel', paths, options),
  /** A file with one array of objects. */
  json: <const P extends string, C extends Columns, const N extends string = P>(
    paths: Paths<P>,
    options: Common<C, N>,
  ) => make<P, C, N>('json', paths, options),
  /** One JSON object a line. */
  ndjson: <const P extends string, C extends Columns, const N extends string = P>(
    paths: Paths<P>,
    options: Common<C, N>,
  ) => make<P, C, N>('ndjson', paths, options),
  parquet: <const P extends string, C extends Columns, const N extends string = P>(
    paths: Paths<P>,
    options: Common<C, N>,
  ) => make<P, C, N>('parquet', paths, options),
  /** A table or query of PostgreSQL. */
  postgres: ofDatabase('postgres'),
  /** A table or query of a file of SQLite. */
  sqlite: ofDatabase('sqlite'),
} as const
