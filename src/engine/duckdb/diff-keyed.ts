import type { ChangedColumn, DiffRequest } from '../table-diff.ts'
import { isFloat } from './common-type.ts'
import type { Connection, TextRow } from './connection.ts'
import { agreeSql, keyValue, type SharedColumn, type SharedColumns } from './diff-sides.ts'
import { quoteText } from './sql-text.ts'

/** Counts of rows that were matched by key. The keys of examples stay in the temporary table `keyed`. */
export interface KeyedCounts {
  readonly added: number
  readonly removed: number
  readonly changed: number
  readonly same: number
  /** In the order of the columns, zeros too. */
  readonly columns: readonly ChangedColumn[]
}

/**
 * Matches two relations by key and counts, in one pass over one full outer join. The least keys of each kind,
 * and of each column, are kept by the same pass, because another join would cost as much again.
 */
export async function countKeyed(
  connection: Connection,
  before: string,
  after: string,
  columns: SharedColumns,
  request: DiffRequest,
): Promise<KeyedCounts> {
  const { key, others } = columns
  const { examples, tolerance } = request
  const value = keyValue(request, key).sql
  const differs = others.map((column, at) => `${differSql(column, tolerance)} AS d${at}`)
  const keys = key.map(({ alias }) => `coalesce(a.${alias}, b.${alias}) AS ${alias}`)
  const kinds = kindsOf(others.length)
  const sums = [
    `count(*) FILTER (has_a AND has_b) AS matched`,
    ...kinds.map(({ name, filter }) => `count(*) FILTER (${filter}) AS n_${name}`),
    ...(examples > 0 ? kinds.map((kind) => pickSql(value, kind, examples)) : []),
  ]
  await connection.run(`CREATE OR REPLACE TEMP TABLE keyed AS SELECT ${sums.join(', ')} FROM (
    SELECT ${['a.present IS NOT NULL AS has_a', 'b.present IS NOT NULL AS has_b', ...keys, ...differs].join(', ')}
    FROM ${before} AS a FULL OUTER JOIN ${after} AS b ON ${agreeSql(
      'a',
      'b',
      key.map(({ alias }) => alias),
    )})`)
  const counts = kinds.map(({ name }) => `n_${name}`)
  return countsIn(await connection.row(`SELECT matched, ${counts.join(', ')} FROM keyed`), others)
}

/** A kind of difference: rows added, removed or changed, or the changed cells of a column. */
interface Kind {
  readonly name: string
  readonly filter: string
  readonly cell?: true
}

/** All kinds, with the conditions over the joined rows. */
function kindsOf(columns: number): Kind[] {
  const both = 'has_a AND has_b'
  const cells = Array.from({ length: columns }, (_, at): Kind => {
    return { name: `d${at}`, filter: `${both} AND d${at}`, cell: true }
  })
  const any = cells.length === 0 ? 'false' : cells.map(({ name }) => name).join(' OR ')
  return [
    { name: 'added', filter: 'NOT has_a' },
    { name: 'removed', filter: 'NOT has_b' },
    { name: 'changed', filter: `${both} AND (${any})` },
    ...cells,
  ]
}

/** The least keys of a kind; one for a column, so that each has an example. */
function pickSql(key: string, { name, filter, cell }: Kind, examples: number): string {
  return `min(${key}, ${cell ? 1 : examples}) FILTER (${filter}) AS x_${name}`
}

/** Whether the values of a column differ between `a` and `b`. */
export function differSql({ alias, type }: SharedColumn, tolerance: number): string {
  const [a, b] = [`a.${alias}`, `b.${alias}`]
  const distinct = `${a} IS DISTINCT FROM ${b}`
  if (tolerance === 0 || !isFloat(type)) return distinct
  const limit = `CAST(${quoteText(String(tolerance))} AS DOUBLE) * greatest(1, abs(${a}), abs(${b}))`
  // An infinity is near to nothing but itself.
  const near = `isfinite(${a}) AND isfinite(${b}) AND abs(${a} - ${b}) <= ${limit}`
  return `(${distinct} AND NOT coalesce(${near}, false))`
}

function countsIn(row: TextRow, others: readonly SharedColumn[]): KeyedCounts {
  const changed = Number(row['n_changed'])
  return {
    added: Number(row['n_added']),
    removed: Number(row['n_removed']),
    changed,
    same: Number(row['matched']) - changed,
    columns: others.map(({ name }, at) => ({ column: name, changed: Number(row[`n_d${at}`]) })),
  }
}
