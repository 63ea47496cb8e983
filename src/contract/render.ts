import { ProblemError } from '../base/problem.ts'
import { toWire, type Json } from '../base/wire.ts'
import { pieceOf, type Identifier, type Relation, type Sql, type SqlValue } from './sql.ts'

/** A query as the engine takes it. Relations stand in the text as quoted `"@handle"`, values as `$1`, `$2`, ... */
export interface RenderedQuery {
  readonly text: string
  /** Values of the parameters, encoded by `toWire`. */
  readonly params: readonly Json[]
  /** The handles that the query names, each once. */
  readonly relations: readonly string[]
}

/** Renders a query. Throws a ProblemError (`query/value`) for a value that cannot be bound. */
export function renderQuery(query: Sql): RenderedQuery {
  const params: Json[] = []
  const relations = new Set<string>()
  const text = render(query, params, relations)
  return { text, params, relations: [...relations] }
}

/** The name under which the engine shows an input to a query. */
export function relationName(handle: string): string {
  return `@${handle}`
}

/** Quotes a name for SQL (SQL:2016, delimited identifier). */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function render(query: Sql, params: Json[], relations: Set<string>): string {
  let text = query.strings[0] ?? ''
  query.values.forEach((value, at) => {
    text += renderValue(value, params, relations) + (query.strings[at + 1] ?? '')
  })
  return text
}

function renderValue(value: SqlValue, params: Json[], relations: Set<string>): string {
  const piece = pieceOf(value)
  if (piece === 'sql') return render(value as Sql, params, relations)
  if (piece === 'identifier') return quoteName((value as Identifier).name)
  if (piece === 'relation') {
    const { handle } = value as Relation
    relations.add(handle)
    return quoteName(relationName(handle))
  }
  const wired = value === undefined ? undefined : toWire(value)
  if (wired === undefined || isPlainObject(value)) {
    throw new ProblemError({
      code: 'query/value',
      message: `a value of type ${describe(value)} cannot stand in a query`,
      hint: 'use a string, number, bigint, boolean, null, Date, Uint8Array, a list of them, a table handle or sql`...`',
    })
  }
  params.push(wired)
  return `$${params.length}`
}

function isPlainObject(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof Uint8Array)
  )
}

function describe(value: unknown): string {
  if (value === undefined) return 'undefined'
  return typeof value === 'object' ? (value?.constructor?.name ?? 'object') : typeof value
}
