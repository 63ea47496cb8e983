import { ProblemError } from '../base/problem.ts'
import { callSite } from '../base/site.ts'
import type { Columns } from './column.ts'
import { renderQuery } from './render.ts'
import type { Sql } from './sql.ts'

/** What a source of a database reads, as plain JSON. */
export interface SqlOrigin {
  /** A connection of `sluice.yaml`. */
  readonly connection: string
  readonly table?: string
  readonly query?: string
  /** A column that only grows. */
  readonly highWater?: string
  /** For how long it is not looked at again, such as `1h`. */
  readonly refresh?: string
}

interface SqlCommon<C extends Columns> {
  /** The name of a connection of `sluice.yaml`. */
  readonly connection: string
  /** The columns that are read; the database may have more. */
  readonly columns: C
  /**
   * A column that only grows, such as `updated_at` or `id`, and is never NULL: only rows at and above the highest
   * value that was seen are read. Rows that are changed in place, below it, are not seen.
   */
  readonly highWater?: keyof C & string
  /** For how long it is not looked at again, such as `'1h'`; each run looks when it is left out. */
  readonly refresh?: string
  readonly description?: string
}

interface SqlTable<T extends string, N extends string> {
  /** A table or view, such as `public.orders`. */
  readonly table: T
  readonly query?: undefined
  /** How tables of sources, flows and messages call it; the table's name when left out. */
  readonly name?: N
}

interface SqlQuery<N extends string> {
  /** One SELECT, in the words of the database. */
  readonly query: string | Sql
  readonly table?: undefined
  readonly name: N
}

export type SqlSourceOptions<T extends string, C extends Columns, N extends string> = SqlCommon<C> &
  (SqlTable<T, N> | SqlQuery<N>)

/** What a source of a database says, as plain JSON. */
export function sqlOrigin(options: SqlSourceOptions<string, Columns, string>): SqlOrigin {
  const { connection, table, query, highWater, refresh } = options
  return {
    connection,
    ...(table !== undefined && { table }),
    ...(query !== undefined && { query: textOf(query) }),
    ...(highWater !== undefined && { highWater }),
    ...(refresh !== undefined && { refresh }),
  }
}

/** A query of a database takes no values: they would have to be pasted. */
function textOf(query: string | Sql): string {
  if (typeof query === 'string') return query
  const { text, params, relations } = renderQuery(query)
  if (params.length === 0 && relations.length === 0) return text
  throw new ProblemError({
    code: 'contract/option-invalid',
    message: 'the query of a source holds a value or an input, and the database knows neither',
    where: callSite(),
    hint: 'write the value into the text of the query',
  })
}
