import type { Columns } from './column.ts'

/** How rows get into a table of a database. */
export type DeliveryMode = 'replace' | 'append' | 'upsert'

interface SqlSinkOptions {
  /** A name under `connections` in `sluice.yaml`. */
  readonly connection: string
  /** The table in the database, such as `public.orders`. Made from the contract when it is absent. */
  readonly table: string
  /**
   * `replace` (when left out): the target holds the rows of the table. `append`: rows that the table has won are
   * added. `upsert`: rows are written over those of the same key.
   */
  readonly mode?: DeliveryMode
  /** Columns that identify a row of the target; the key of the table when left out. */
  readonly key?: readonly string[]
  /** With `upsert`: rows of the target whose keys the table no longer has are deleted. */
  readonly deletes?: boolean
}

interface FileSinkOptions {
  /** The file, relative to the project; its folder is made when needed. */
  readonly file: string
}

/** A table of a database. */
export interface SqlSink extends SqlSinkOptions {
  readonly kind: 'postgres' | 'sqlite'
}

export interface CsvSink extends FileSinkOptions {
  readonly kind: 'csv'
  /** A comma when left out. */
  readonly delimiter?: string
  /** Whether the first line names the columns; it does when left out. */
  readonly header?: boolean
  /** The text of NULL: an empty field when left out. Texts that are empty stand in quotes. */
  readonly nulls?: string
  /**
   * Puts `'` before texts that a spreadsheet would take for a formula (OWASP, "CSV Injection"). The file then does
   * not hold the texts of the table any more.
   */
  readonly escapeFormulas?: boolean
}

export interface PlainFileSink extends FileSinkOptions {
  readonly kind: 'json' | 'ndjson' | 'parquet'
}

export interface ExcelSink extends FileSinkOptions {
  readonly kind: 'excel'
  /** The name of the sheet; that of the table when left out. */
  readonly sheet?: string
}

/** A folder with `datapackage.json` and a file for each table (Frictionless Data, Data Package v2). */
export interface DatapackageSink {
  readonly kind: 'datapackage'
  /** The folder, relative to the project. It holds this package and nothing else. */
  readonly folder: string
  /** The format of the files; `csv` when left out. */
  readonly format?: 'csv' | 'parquet'
  readonly name?: string
  readonly title?: string
  readonly description?: string
  readonly licenses?: readonly { readonly name: string; readonly title?: string; readonly path?: string }[]
}

export type FileSink = CsvSink | PlainFileSink | ExcelSink
/** Where a table goes, as plain JSON. */
export type Sink = SqlSink | FileSink | DatapackageSink

/** Says where tables are delivered. */
export const sink = {
  /** A table of a PostgreSQL database. */
  postgres: (options: SqlSinkOptions): SqlSink => ({ kind: 'postgres', ...options }),
  /** A table of a SQLite file. */
  sqlite: (options: SqlSinkOptions): SqlSink => ({ kind: 'sqlite', ...options }),
  csv: (options: Omit<CsvSink, 'kind'>): CsvSink => ({ kind: 'csv', ...options }),
  /** A file with one array of objects. */
  json: (options: FileSinkOptions): PlainFileSink => ({ kind: 'json', ...options }),
  /** One JSON object a line. */
  ndjson: (options: FileSinkOptions): PlainFileSink => ({ kind: 'ndjson', ...options }),
  parquet: (options: FileSinkOptions): PlainFileSink => ({ kind: 'parquet', ...options }),
  /** A workbook with one sheet. */
  excel: (options: Omit<ExcelSink, 'kind'>): ExcelSink => ({ kind: 'excel', ...options }),
  /** One or several tables in a folder, with `datapackage.json`. */
  datapackage: (options: Omit<DatapackageSink, 'kind'>): DatapackageSink => ({
    kind: 'datapackage',
    ...options,
  }),
} as const

/** Whether a sink is a table of a database. */
export function isSql(to: Sink): to is SqlSink {
  return to.kind === 'postgres' || to.kind === 'sqlite'
}

/** What identifies a target: two deliveries of a project never share it. */
export function targetOf(to: Sink): string {
  switch (to.kind) {
    case 'postgres':
    case 'sqlite':
      return `${to.kind}:${to.connection}/${to.table}`
    case 'datapackage':
      return `${tidyPath(to.folder)}/`
    default:
      return tidyPath(to.file)
  }
}

/** A path with `/` and without `./`; `out//a.csv` and `./out/a.csv` are one file. */
export function tidyPath(path: string): string {
  const parts = path.split(/[/\\]+/).filter((part, at) => part !== '.' && (part !== '' || at === 0))
  return parts.join('/')
}

/** The columns that a delivery may name. */
export type ColumnsOf<T> = T extends { readonly columns: infer C extends Columns } ? keyof C & string : string
