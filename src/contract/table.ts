import type { Place } from '../base/problem.ts'
import { callSite } from '../base/site.ts'
import type { TableCheck } from './check.ts'
import type { Columns } from './column.ts'
import { makeInput, type Input, type Origin } from './input.ts'
import { rejectColumns, type RejectColumns } from './rejects.ts'
import { requireColumns, requireOptions, type OptionForms } from './option-forms.ts'

export interface TableOptions<C extends Columns> {
  /** Columns that together identify a row: not NULL, and no two rows share them. */
  readonly key?: readonly (keyof C & string)[]
  /** Checks beside those of single columns: a text is a SQL condition over a row, the others are made by `check`. */
  readonly checks?: readonly (string | TableCheck<keyof C & string>)[]
  /** The name of the table that keeps the rows that checks with `onFailure: 'reject'` leave out. */
  readonly rejects?: string
  /**
   * Columns, not NULL, of texts, whole numbers, dates or booleans: each combination of their values has files of its
   * own, which later versions share where nothing changed.
   */
  readonly partitionBy?: readonly (keyof C & string)[]
  /** For people; these make nothing stale. */
  readonly description?: string
  readonly owner?: string
  readonly tags?: readonly string[]
  /** The folder under `tables/` that keeps it, instead of the path of the notebook that writes it. */
  readonly path?: string
}

/** A table: its name, columns and promises. It is itself an input that reads all its columns. */
export interface Table<N extends string, C extends Columns> extends Input<N, C, Origin<N, C>, false> {
  readonly kind: 'table'
  readonly options: TableOptions<C>
  readonly site?: Place
  /** The table of its rejects, when it has one. */
  readonly rejects?: AnyTable
}

/** A table with one that keeps the rows that its checks reject. */
export interface RejectingTable<N extends string, C extends Columns, R extends string> extends Table<N, C> {
  /** All its columns, and `broken_checks`: an input like any other. */
  readonly rejects: Table<R, RejectColumns<C>>
}

/** The `details` of a table's origin. */
export interface TableDetails {
  readonly options: TableOptions<Columns>
  readonly site?: Place
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the columns are invariant
export type AnyTable = Table<string, any>
export type Tables = { readonly [handle: string]: AnyTable }

/**
 * Declares a table.
 *
 * @param name up to four words joined by dots, such as `silver.trips`; it is what people and queries call it
 * @param columns the column types, from `t`
 * @param options key, checks, rejects, description, owner, tags, path
 */
export function table<const N extends string, C extends Columns, const R extends string>(
  name: N,
  columns: C,
  options: TableOptions<NoInfer<C>> & { readonly rejects: R },
): RejectingTable<N, C, R>
export function table<const N extends string, C extends Columns>(
  name: N,
  columns: C,
  options?: TableOptions<NoInfer<C>>,
): Table<N, C>
export function table<N extends string, C extends Columns>(
  name: N,
  columns: C,
  options: TableOptions<C> = {},
): Table<N, C> {
  requireOptions(`table '${name}'`, options, forms)
  requireColumns(`table '${name}'`, columns)
  const made = makeTable(name, columns, options)
  if (options.rejects === undefined) return made
  const { owner, path } = options
  const description = `Rows that checks of ${name} rejected.`
  const about = { description, ...(owner !== undefined && { owner }), ...(path !== undefined && { path }) }
  return { ...made, rejects: makeTable(options.rejects, rejectColumns(columns), about) }
}

const forms: OptionForms = {
  key: 'a list of texts',
  checks: 'a list',
  rejects: 'a text',
  partitionBy: 'a list of texts',
  description: 'a text',
  owner: 'a text',
  tags: 'a list of texts',
  path: 'a text',
}

function makeTable<N extends string, C extends Columns>(
  name: N,
  columns: C,
  options: TableOptions<C>,
): Table<N, C> {
  const site = callSite()
  const details: TableDetails = {
    options: options as unknown as TableOptions<Columns>,
    ...(site && { site }),
  }
  const origin: Origin<N, C> = { name, columns, details }
  const input = makeInput<N, C, Origin<N, C>, false>({
    kind: 'table',
    name,
    columns,
    origin,
    picked: false,
    isOptional: false,
  })
  return { ...input, kind: 'table', options, ...(site && { site }) }
}
