import { ProblemError } from '../base/problem.ts'
import { toWire, type Json } from '../base/wire.ts'
import { pieceOf, type Identifier, type Relation, type Sql, type SqlFile, type SqlValue } from './sql.ts'

/** A query as the engine takes it. Relations stand in the text as quoted `"@handle"`, values as `$1`, `$2`, ... */
export interface RenderedQuery {
  readonly text: string
  /** Values of the parameters, encoded by `toWire`. */
  readonly params: readonly Json[]
  /** The handles that the query names, each once. */
  readonly relations: readonly string[]
}

/** Where the text of a rendered query comes from, as plain JSON. */
export interface QueryOrigin {
  /** The pieces that it is put together from, the query itself first. */
  readonly pieces: readonly OriginPiece[]
  /** In the order of the text. */
  readonly stretches: readonly OriginStretch[]
}

/** One `sql` template or file. */
export interface OriginPiece {
  readonly strings: readonly string[]
  readonly from?: SqlFile
  /** The piece in which it stands as a value, and which of its values it is. */
  readonly within?: readonly [piece: number, value: number]
}

/** A stretch of the text: from `at` on it is a string of a piece, or what stands for one of its values. */
export interface OriginStretch {
  readonly at: number
  readonly piece: number
  readonly kind: 'string' | 'value'
  /** Which of the piece's strings or values. */
  readonly index: number
}

/** Renders a query. Throws a ProblemError (`query/value`) for a value that cannot be bound. */
export function renderQuery(query: Sql): RenderedQuery {
  return renderTraced(query).query
}

/** Renders a query, and tells where its text comes from. */
export function renderTraced(query: Sql): { query: RenderedQuery; origin: QueryOrigin } {
  const made: Made = { text: '', params: [], relations: new Set(), pieces: [], stretches: [] }
  renderPiece(query, made)
  const { text, params, relations, pieces, stretches } = made
  return { query: { text, params, relations: [...relations] }, origin: { pieces, stretches } }
}

interface Made {
  text: string
  readonly params: Json[]
  readonly relations: Set<string>
  readonly pieces: OriginPiece[]
  readonly stretches: OriginStretch[]
}

/** The name under which the engine shows an input to a query. */
export function relationName(handle: string): string {
  return `@${handle}`
}

/** Quotes a name for SQL (SQL:2016, delimited identifier). */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function renderPiece(query: Sql, made: Made, within?: OriginPiece['within']): void {
  const { strings, from } = query
  const piece = made.pieces.length
  made.pieces.push({ strings, ...(from && { from }), ...(within && { within }) })
  const begin = (kind: OriginStretch['kind'], index: number) =>
    made.stretches.push({ at: made.text.length, piece, kind, index })
  for (let index = 0; index <= query.values.length; index++) {
    begin('string', index)
    made.text += strings[index] ?? ''
    if (index === query.values.length) continue
    const value = query.values[index]
    if (pieceOf(value) === 'sql') renderPiece(value as Sql, made, [piece, index])
    else {
      begin('value', index)
      made.text += valueText(value as SqlValue, made)
    }
  }
}

function valueText(value: SqlValue, made: Made): string {
  const { params, relations } = made
  const piece = pieceOf(value)
  if (piece === 'identifier') {
    const { name } = value as Identifier
    if (!isWhole(name)) throw refused('a name with half of a surrogate pair', made)
    return quoteName(name)
  }
  if (piece === 'relation') {
    const { handle } = value as Relation
    relations.add(handle)
    return quoteName(relationName(handle))
  }
  const wired = value === undefined ? undefined : toWire(value)
  if (wired === undefined || isPlainObject(value)) {
    throw refused(
      `a value of type ${describe(value)}`,
      made,
      'use a string, number, bigint, boolean, null, Date, Uint8Array, a list of them, a table handle or sql`...`',
    )
  }
  // DuckDB would get another text: UTF-8 has no form for it.
  if (!isWhole(value)) throw refused('a text with half of a surrogate pair', made)
  params.push(wired)
  return `$${params.length}`
}

function refused(what: string, { text, pieces, stretches }: Made, hint?: string): ProblemError {
  const problem = {
    code: 'query/value' as const,
    message: `${what} cannot stand in a query`,
    ...(hint !== undefined && { hint }),
    // Who knows the code finds the `${...}` by it.
    query: { handle: '', offset: text.length, text, origin: { pieces, stretches } },
  }
  return new ProblemError(problem)
}

function isWhole(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  return !Array.isArray(value) || value.every(isWhole)
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
