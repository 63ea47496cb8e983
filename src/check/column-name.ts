import { ProblemError } from '../base/problem.ts'
import { didYouMean, nearest } from '../base/suggest.ts'
import type { ColumnRef } from './column-graph.ts'

/** The columns of all tables and sources, by name. */
export type KnownTables = ReadonlyMap<string, readonly string[]>

/** A table, or one of its columns. */
export interface NamedColumn {
  readonly table: string
  readonly column?: string
}

/**
 * What `silver.trips` or `silver.trips.fare` names. Names may hold dots, so known ones decide; a column may stand in
 * double quotes. Throws a ProblemError (`project/unknown`).
 */
export function readColumnName(text: string, known: KnownTables): NamedColumn {
  if (known.has(text)) return { table: text }
  const tables = [...known.keys()].filter((table) => text.startsWith(`${table}.`))
  for (const table of tables) {
    const column = columnIn(text.slice(table.length + 1), known.get(table) ?? [])
    if (column !== undefined) return { table, column }
  }
  // The longest name says most.
  const [table] = tables.toSorted((a, b) => b.length - a.length)
  if (table === undefined) throw unknownTable(text, known)
  const columns = known.get(table) ?? []
  const hint = didYouMean(unquoted(text.slice(table.length + 1)), columns)
  throw new ProblemError({
    code: 'project/unknown',
    message: `table '${table}' has no column '${unquoted(text.slice(table.length + 1))}'`,
    ...(hint !== undefined && { hint }),
  })
}

function columnIn(text: string, columns: readonly string[]): string | undefined {
  const name = unquoted(text)
  return (
    columns.find((column) => column === name) ??
    columns.find((column) => column.toLowerCase() === name.toLowerCase())
  )
}

function unquoted(text: string): string {
  return /^"(?:[^"]|"")*"$/.test(text) ? text.slice(1, -1).replaceAll('""', '"') : text
}

function unknownTable(text: string, known: KnownTables): ProblemError {
  const tables = [...known.keys()]
  // Of `silver.tripz.fare` the table is wrong.
  const wrong = [text, text.replace(/\.[^.]*$/, '')].find((name) => nearest(name, tables).length > 0)
  const hint = didYouMean(wrong ?? text, tables)
  return new ProblemError({
    code: 'project/unknown',
    message: `no flow has a table or column '${text}'`,
    hint: hint ?? '`sluice lineage` lists what there is',
  })
}

/** A column as it is written for people: in quotes where its name has other signs than letters, digits and `_`. */
export function columnText({ table, column }: ColumnRef): string {
  return `${table}.${/^[\p{L}\p{N}_]+$/u.test(column) ? column : `"${column.replaceAll('"', '""')}"`}`
}
