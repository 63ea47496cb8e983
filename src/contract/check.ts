import type { Place } from '../base/problem.ts'
import { callSite } from '../base/site.ts'
import type { BroadOptions, CheckOptions, CheckRule, RowOptions } from './check-form.ts'
import type { Columns } from './column.ts'
import { renderQuery } from './render.ts'
import { Relation, type Sql } from './sql.ts'

/** A check of a table as it was written. `K` are the columns that it names. */
export interface TableCheck<K extends string = string> {
  /** Never set: carries the names of columns. */
  readonly names?: K
  /** What it asks, for a table with these columns. */
  readonly rule: (columns: readonly string[]) => CheckRule
  readonly options: CheckOptions
  readonly site?: Place
}

interface Bounds {
  readonly min?: number
  readonly max?: number
}

type Others = { readonly [handle: string]: { readonly name: string; readonly columns: Columns } }

function make<K extends string>(rule: TableCheck['rule'], options: CheckOptions): TableCheck<K> {
  const site = callSite()
  return { rule, options, ...(site && { site }) }
}

function boundsOf({ min, max }: Bounds): Bounds {
  return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) }
}

/** Checks of a table, for its `checks`. Those of one column are methods of the column. */
export const check = {
  /** A SQL condition over one row, such as `'dropped_off_at > picked_up_at'`; NULL does not break it. */
  row: (condition: string, options: RowOptions = {}) =>
    make<never>(() => ({ kind: 'row', condition }), options),

  /** No two rows share the values of these columns; rows with a NULL in one of them are not looked at. */
  unique: <const K extends string>(columns: readonly [K, ...K[]], options: BroadOptions = {}) =>
    make<K>(() => ({ kind: 'unique', columns }), options),

  /** How many rows the table has. */
  rowCount: ({ min, max, ...options }: Bounds & BroadOptions) =>
    make<never>(() => ({ kind: 'rowCount', ...boundsOf({ min, max }) }), options),

  /**
   * The latest value of a DATE or TIMESTAMP column is not older than `within` (such as `'24h'`) when the check is
   * made. A table without rows is not fresh.
   */
  fresh: <const K extends string>(
    column: K,
    { within, ...options }: BroadOptions & { readonly within: string },
  ) => make<K>(() => ({ kind: 'fresh', column, within }), options),

  /** A SQL expression over all rows, such as `'avg(fare)'`, lies between bounds; NULL does not break it. */
  value: (expression: string, { min, max, ...options }: Bounds & BroadOptions) =>
    make<never>(() => ({ kind: 'value', expression, ...boundsOf({ min, max }) }), options),

  /**
   * A query that gives the rows that break it. It reads the table itself as `self`, and other tables that it
   * names in `tables`.
   */
  query: <const T extends Others = {}>(
    query: (relations: { readonly self: Relation } & { readonly [H in keyof T]: Relation }) => Sql,
    { tables, ...options }: BroadOptions & { readonly name: string; readonly tables?: T },
  ) =>
    make<never>((columns) => {
      const others = Object.entries(tables ?? {})
      const relations = others.map(([handle, other]) => [
        handle,
        new Relation(handle, Object.keys(other.columns)),
      ])
      const all = { ...Object.fromEntries(relations), self: new Relation('self', columns) }
      return {
        kind: 'query',
        query: renderQuery(query(all as Parameters<typeof query>[0])),
        tables: Object.fromEntries(others.map(([handle, { name }]) => [handle, name])),
      }
    }, options),
} as const
