import type { Connection } from './connection.ts'
import { textIn, type TreeNode } from './tree.ts'

/** What may be called in a query. */
export type FunctionUse = 'free' | 'volatile' | 'forbidden'

/** The functions that DuckDB has, by lower-case name. */
export interface Functions {
  use(name: string, args: number): FunctionUse
  isAggregate(name: string): boolean
  /** Those that are called by name, for suggestions. */
  readonly names: readonly string[]
}

/** The clock and chance: allowed where a query is declared volatile. */
const volatile = new Set([
  'now',
  'today',
  'get_current_time',
  'get_current_timestamp',
  'transaction_timestamp',
  'ago',
  'current_date',
  'current_time',
  'current_timestamp',
  'current_localtime',
  'current_localtimestamp',
  'localtime',
  'localtimestamp',
  'random',
  'uuid',
  'uuidv4',
  'uuidv7',
  'gen_random_uuid',
  'reservoir_quantile',
])

/** Functions that DuckDB calls consistent, or has as macros, and that look outside of the query all the same. */
const forbidden = new Set([
  'getenv',
  'current_setting',
  'getvariable',
  'query',
  'query_table',
  'json_serialize_plan',
  'json_execute_serialized_sql',
  'current_database',
  'current_schema',
  'current_schemas',
  'current_query',
  'current_catalog',
  'current_user',
  'current_role',
  'session_user',
  'user',
  'pg_sleep',
  'pg_conf_load_time',
  'pg_postmaster_start_time',
  'get_block_size',
  'format_type',
  'pg_get_viewdef',
  'pg_get_constraintdef',
  'map_to_pg_oid',
  'vector_type',
])

/** Raises an error and does nothing else; DuckDB calls it volatile only so that it is not optimized away. */
const pure = new Set(['error'])

/** Functions of lists that take the name of an aggregate as their second argument. */
const byName = new Set(['list_aggr', 'list_aggregate', 'aggregate', 'array_aggr', 'array_aggregate'])

/** Words that DuckDB reads as calls when no column has their name. */
export const keywords: ReadonlySet<string> = new Set([
  'current_date',
  'current_time',
  'current_timestamp',
  'localtime',
  'localtimestamp',
  'current_user',
  'current_role',
  'current_catalog',
  'current_schema',
  'session_user',
  'user',
])

/** What a call in a syntax tree may do. An aggregate that a list function names is called too. */
export function useOf(call: TreeNode, functions: Functions): FunctionUse {
  const name = textIn(call, 'function_name').toLowerCase()
  const args = (call['children'] as readonly TreeNode[] | undefined) ?? []
  if (!byName.has(name)) return functions.use(name, args.length)
  const given = args[1]?.['value'] as TreeNode | undefined
  const aggregate = given?.['value']
  // A name that is put together from pieces could be any.
  return typeof aggregate === 'string' ? functions.use(aggregate.toLowerCase(), 1) : 'forbidden'
}

/** Table functions that only make rows from their arguments. */
const tableFunctions = new Set([
  'range',
  'generate_series',
  'unnest',
  'repeat',
  'repeat_row',
  'json_each',
  'json_tree',
])

export function isPureTableFunction(name: string): boolean {
  return tableFunctions.has(name)
}

/** Reads the list of functions: about 50 ms, once for each engine. */
export async function readFunctions(connection: Connection): Promise<Functions> {
  const rows = await connection.rows(
    `SELECT function_name AS name, bool_or(function_type = 'aggregate') AS aggregate,
            bool_and(coalesce(stability, 'CONSISTENT') = 'CONSISTENT') AS consistent
     FROM duckdb_functions() WHERE function_type IN ('scalar', 'aggregate') GROUP BY ALL`,
  )
  const aggregates = new Set(rows.filter(({ aggregate }) => aggregate).map(({ name }) => name))
  const changing = new Set(rows.filter(({ consistent }) => !consistent).map(({ name }) => name))
  return {
    isAggregate: (name) => aggregates.has(name),
    names: rows.map(({ name }) => String(name)).filter((name) => /^[a-z]\w*$/.test(name)),
    use(name, args) {
      if (forbidden.has(name) || name.startsWith('read_')) return 'forbidden'
      // With one argument, age() counts from today.
      if (volatile.has(name) || (name === 'age' && args === 1)) return 'volatile'
      return changing.has(name) && !pure.has(name) ? 'forbidden' : 'free'
    },
  }
}
