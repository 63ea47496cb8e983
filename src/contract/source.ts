import type { Place } from '../base/problem.ts'
import { callSite } from '../base/site.ts'
import type { Columns } from './column.ts'
import { makeInput, type Input, type Origin } from './input.ts'

interface Common<C extends Columns, N extends string> {
  readonly columns: C
  /** How tables of sources, flows and messages call it; the path when it is left out. */
  readonly name?: N
  /** What to do with columns of the file that are not declared; `error` when left out. */
  readonly extra?: 'error' | 'ignore'
  readonly description?: string
}

/** How a CSV file is written. What is left out is: comma, double quote, a header line, UTF-8. */
export interface CsvDialect {
  readonly header?: boolean
  readonly delimiter?: string
  readonly quote?: string
  readonly escape?: string
  /** Texts that mean NULL; an empty field when left out. */
  readonly nulls?: readonly string[]
  /** Lines to leave out before the header. */
  readonly skip?: number
  /** strftime formats, as in DuckDB. */
  readonly dateFormat?: string
  readonly timestampFormat?: string
  /** `,` where numbers have a decimal comma. */
  readonly decimalSeparator?: ',' | '.'
}

export type SourceFormat = 'csv' | 'json' | 'ndjson' | 'parquet'

/** What a source says beside its columns; also the `details` of its origin. */
export interface SourceDetails {
  readonly format: SourceFormat
  /** Paths or globs, relative to the project. */
  readonly paths: readonly string[]
  readonly dialect: CsvDialect
  readonly extra: 'error' | 'ignore'
  readonly description?: string
  readonly site?: Place
}

/** Raw files with declared columns: an input like any other. */
export interface Source<N extends string, C extends Columns>
  extends Input<N, C, Origin<N, C>, false>, SourceDetails {
  readonly kind: 'source'
}

type Paths<P extends string> = P | readonly string[]

function make<const P extends string, C extends Columns, const N extends string>(
  format: SourceFormat,
  paths: Paths<P>,
  { columns, name, extra = 'error', description, ...dialect }: Common<C, N> & CsvDialect,
): Source<N, C> {
  const list = typeof paths === 'string' ? [paths] : [...paths]
  const called = (name ?? list.join(', ')) as N
  const site = callSite()
  const details: SourceDetails = {
    format,
    paths: list,
    dialect,
    extra,
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

/** Declares raw files as inputs: one path, a glob, or a list of them, relative to the project. */
export const source = {
  csv: <const P extends string, C extends Columns, const N extends string = P>(
    paths: Paths<P>,
    options: Common<C, N> & CsvDialect,
  ) => make<P, C, N>('csv', paths, options),
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
} as const
