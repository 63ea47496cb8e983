import { emptyRecord } from '../../base/record.ts'
import type { DeclaredTable } from '../../contract/spec.ts'
import type { ColumnStats } from '../../lake/types.ts'
import type { Connection } from './connection.ts'
import { quoteText } from './sql-text.ts'
import { isNested, typeSql } from './types.ts'

/** A file with its statistics. */
export interface FileStats {
  readonly rows: number
  readonly stats: { readonly [column: string]: ColumnStats }
}

/**
 * The statistics of several files together, as one file with all their rows would have them. Bounds are compared as
 * values of the column's type, by the engine, and stay the texts that they were.
 */
export async function joinedStats(
  connection: Connection,
  { columns }: Pick<DeclaredTable, 'columns'>,
  files: readonly FileStats[],
): Promise<Readonly<Record<string, ColumnStats>>> {
  const filled = files.filter(({ rows }) => rows > 0)
  const only = filled.length === 1 ? filled[0] : undefined
  if (only) return only.stats
  const asked: { name: string; end: 'min' | 'max'; sql: string }[] = []
  for (const { name, type } of columns) {
    if (isNested(type)) continue
    for (const end of ['min', 'max'] as const) {
      const texts = boundsOf(filled, name, end)
      if (texts) asked.push({ name, end, sql: extreme(texts, typeSql(type), end) })
    }
  }
  const list = asked.map(({ sql }, at) => `${sql} AS b${at}`)
  const row = list.length === 0 ? {} : await connection.row(`SELECT ${list.join(', ')}`)
  const joined = emptyRecord<ColumnStats>()
  for (const { name } of columns) {
    const nulls = filled.reduce((sum, { stats }) => sum + (stats[name]?.nulls ?? 0), 0)
    const bounds = asked.flatMap((each, at) => {
      const text = row[`b${at}`]
      return each.name === name && typeof text === 'string' ? [[each.end, text] as const] : []
    })
    joined[name] = { nulls, ...Object.fromEntries(bounds) }
  }
  return joined
}

/** The bounds of a column in all files that have values of it; undefined where one of them has none. */
function boundsOf(files: readonly FileStats[], name: string, end: 'min' | 'max'): string[] | undefined {
  const texts: string[] = []
  for (const { rows, stats } of files) {
    const column = stats[name]
    if ((column?.nulls ?? 0) === rows) continue
    const text = column?.[end]
    if (text === undefined) return undefined
    texts.push(text)
  }
  return texts.length === 0 ? undefined : [...new Set(texts)]
}

/** NULL where a text is no value of the type, so that nothing wrong is told. */
function extreme(texts: readonly string[], type: string, end: 'min' | 'max'): string {
  const values = texts.map((text) => `(${quoteText(text)})`).join(', ')
  const value = `TRY_CAST(t AS ${type})`
  return `(SELECT CASE WHEN count(${value}) = count(*) THEN arg_${end}(t, ${value}) END FROM (VALUES ${values}) AS v(t))`
}
