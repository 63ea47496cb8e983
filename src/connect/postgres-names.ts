import { ProblemError } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { namePartsOf, type SqlText } from './connection.ts'
import type { Subject } from './postgres-fault.ts'

type Asked = (
  sql: string,
  params?: readonly SqlText[],
) => Promise<{ readonly rows: readonly (readonly SqlText[])[] }>

/**
 * Finds the table or view whose name is $1, in the schema $2 or, when that is NULL, on the search path. It reads the
 * catalog's rows as each statement sees them. `to_regclass` does not: it may tell from the session's cache what was
 * there when the transaction began (PostgreSQL, src/backend/utils/cache/inval.c), and a lock that another
 * transaction has given up since does not change that.
 */
export const tableByName = `SELECT c.oid::text FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname = $1
    AND CASE WHEN $2::text IS NULL THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname = $2 END`

/** What `tableByName` takes: a table's own name, and its schema. */
export function tableParams(name: string): [string, string | null] {
  const parts = namePartsOf(name)
  return [parts.at(-1) ?? '', parts.at(-2) ?? null]
}

/** Throws a ProblemError (`connection/query`) with the nearest names when there is no such table or view. */
export async function absentTable(asked: Asked, { name }: Subject, table: string): Promise<void> {
  const params = tableParams(table)
  const [, schema] = params
  const found = await asked(tableByName, params)
  if (found.rows.length > 0) return
  const all = await asked(
    `SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
     ORDER BY 1, 2 LIMIT 10000`,
  )
  const known = all.rows.flatMap(([space, each]) =>
    schema === null && space === 'public' ? [each ?? ''] : [`${space}.${each}`],
  )
  throw new ProblemError({
    code: 'connection/query',
    message: `connection '${name}': there is no table or view '${table}'`,
    hint: didYouMean(table, known),
  })
}
