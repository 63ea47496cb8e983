import type {
  ChangedCell,
  ChangedColumn,
  ChangedRow,
  DiffRequest,
  DiffSide,
  RowExamples,
} from '../table-diff.ts'
import type { Connection, TextRow } from './connection.ts'
import { differSql, type KeyedCounts } from './diff-keyed.ts'
import { agreeSql, keyValue, typeOf, type SharedColumn, type SharedColumns } from './diff-sides.ts'
import { filesSql } from './files-sql.ts'
import { quoteName } from './sql-text.ts'

/** Longer values are cut: they are for people. */
const longest = 10_000

export const noExamples: RowExamples = { added: [], removed: [], changed: [] }

/** The rows behind the keys that `countKeyed` kept: a scan of each side, joined with a handful of keys. */
export async function keyedExamples(
  connection: Connection,
  request: DiffRequest,
  columns: SharedColumns,
  counts: KeyedCounts,
): Promise<RowExamples> {
  const lists = [
    ...(counts.added > 0 ? ['x_added'] : []),
    ...(counts.removed > 0 ? ['x_removed'] : []),
    ...(counts.changed > 0 ? ['x_changed'] : []),
    ...counts.columns.flatMap(({ changed }, at) => (changed > 0 ? [`x_d${at}`] : [])),
  ]
  if (lists.length === 0) return noExamples
  const { key, others } = columns
  const aliases = key.map(({ alias }) => alias)
  await connection.run(`CREATE OR REPLACE TEMP TABLE picks AS
    SELECT row_number() OVER (ORDER BY k) AS place, ${keyValue(request, key).parts.join(', ')}
    FROM (SELECT DISTINCT k FROM (${lists.map((list) => `SELECT unnest(${list}) AS k FROM keyed`).join(' UNION ALL ')}))`)
  const nulls = await connection.row(`SELECT ${aliases.map(hasNull).join(', ')} FROM picks`)
  const equals = (alias: string) => (nulls[alias] === true ? 'IS NOT DISTINCT FROM' : '=')
  const outputs = [
    'a.present IS NULL AS added',
    'b.present IS NULL AS removed',
    ...key.map(({ alias }) => `${textSql(`picks.${alias}`)} AS ${alias}`),
    ...request.before.columns.map((_, at) => `a.t${at} AS a${at}`),
    ...request.after.columns.map((_, at) => `b.t${at} AS b${at}`),
    ...others.map((column, at) => `${differSql(column, request.tolerance)} AS d${at}`),
  ]
  const rows = await connection.rows(`SELECT ${outputs.join(', ')} FROM picks
    LEFT JOIN ${pickedSql(request.before, columns, equals)} AS a ON ${agreeSql('picks', 'a', aliases)}
    LEFT JOIN ${pickedSql(request.after, columns, equals)} AS b ON ${agreeSql('picks', 'b', aliases)}
    ORDER BY picks.place`)
  const whole = (side: DiffSide, prefix: string) => (row: TextRow) => ({
    row: Object.fromEntries(
      side.columns.map(({ name }, at) => [name, row[`${prefix}${at}`] as string | null]),
    ),
    count: 1,
  })
  return {
    added: rows.filter((row) => row['added']).map(whole(request.after, 'b')),
    removed: rows.filter((row) => row['removed']).map(whole(request.before, 'a')),
    changed: chosen(
      rows.filter((row) => !row['added'] && !row['removed']).map((row) => changedRow(row, request, columns)),
      counts.columns,
      request.examples,
    ),
  }
}

function hasNull(alias: string): string {
  return `coalesce(bool_or(${alias} IS NULL), false) AS ${alias}`
}

/**
 * The picked rows of a side: shared columns in their common types, and all columns as texts. DuckDB hands a few
 * keys down to the scan when they are compared by `=`, so that most of the file is not decoded.
 */
function pickedSql(
  side: DiffSide,
  { key, others }: SharedColumns,
  equals: (alias: string) => string,
): string {
  const raw = (name: string) => `CAST(s.${quoteName(name)} AS ${typeOf(side, name)})`
  const shared = ({ name, type }: SharedColumn) => `CAST(${raw(name)} AS ${type})`
  const same = key.map((column) => `${shared(column)} ${equals(column.alias)} p.${column.alias}`)
  const values = [
    'true AS present',
    ...[...key, ...others].map((column) => `${shared(column)} AS ${column.alias}`),
    ...side.columns.map(({ name }, at) => `${textSql(raw(name))} AS t${at}`),
  ]
  return `(SELECT ${values.join(', ')} FROM ${filesSql(side)} AS s SEMI JOIN picks AS p ON ${same.join(' AND ')})`
}

function textSql(value: string): string {
  return `left(CAST(${value} AS VARCHAR), ${longest})`
}

function changedRow(
  row: TextRow,
  { before, after }: DiffRequest,
  { key, others }: SharedColumns,
): ChangedRow {
  const placeIn = (side: DiffSide, name: string) => side.columns.findIndex((column) => column.name === name)
  const cells = others.flatMap(({ name }, at): ChangedCell[] => {
    if (row[`d${at}`] !== true) return []
    const one = row[`a${placeIn(before, name)}`] as string | null
    return [{ column: name, before: one, after: row[`b${placeIn(after, name)}`] as string | null }]
  })
  return {
    key: Object.fromEntries(key.map(({ name, alias }) => [name, row[alias] as string | null])),
    cells,
  }
}

/** So many of the rows, in their order, and of as many changed columns as there can be, the most changed first. */
function chosen(rows: readonly ChangedRow[], columns: readonly ChangedColumn[], count: number): ChangedRow[] {
  const taken = new Set<ChangedRow>()
  for (const { column } of columns.toSorted((a, b) => b.changed - a.changed)) {
    if (taken.size >= count) break
    const shown = (row: ChangedRow) => row.cells.some((cell) => cell.column === column)
    const row = [...taken].some(shown) ? undefined : rows.find(shown)
    if (row) taken.add(row)
  }
  for (const row of rows) if (taken.size < count) taken.add(row)
  return rows.filter((row) => taken.has(row))
}
