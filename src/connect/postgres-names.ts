import { ProblemError } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { namePartsOf, type SqlText } from './connection.ts'
import type { Subject } from './postgres-fault.ts'

type Asked = (
  sql: string,
  params?: readonly SqlText[],
) => Promise<{ readonly rows: readonly (readonly SqlText[])[] }>

/** Throws a ProblemError (`connection/query`) with the nearest names when there is no such table or view. */
export async function absentTable(asked: Asked, { name }: Subject, table: string): Promise<void> {
  const parts = namePartsOf(table)
  const own = parts.at(-1) ?? ''
  const schema = parts.at(-2) ?? null
  const found = await asked(
    `SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname = $1
       AND CASE WHEN $2::text IS NULL THEN pg_table_is_visible(c.oid) ELSE n.nspname = $2 END`,
    [own, schema],
  )
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
