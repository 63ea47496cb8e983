import type { DiffRequest, DiffSide, Duplicates } from '../table-diff.ts'
import type { Connection } from './connection.ts'
import { agreeSql, sideSql, typeOf, type SharedColumn } from './diff-sides.ts'

/** The keys that several rows of a side share, and how many there are. */
export interface SharedKeys {
  readonly before: Duplicates
  readonly after: Duplicates
}

/**
 * Looks for keys that several rows of a side share, and keeps them in the temporary table `duplicates`. Where
 * the contracts of both sides promise the key, nothing is read. Gives undefined when there are none.
 */
export async function sharedKeys(
  connection: Connection,
  { before, after, key }: DiffRequest,
  columns: readonly SharedColumn[],
): Promise<SharedKeys | undefined> {
  if (promises(before, key, columns) && promises(after, key, columns)) return undefined
  const aliases = columns.map(({ alias }) => alias).join(', ')
  await connection.run(`CREATE OR REPLACE TEMP TABLE duplicates AS
    SELECT ${aliases}, CAST(sum(a) AS BIGINT) AS a, CAST(sum(b) AS BIGINT) AS b
    FROM (
      SELECT ${aliases}, 1 AS a, 0 AS b FROM ${sideSql(before, columns)}
      UNION ALL SELECT ${aliases}, 0 AS a, 1 AS b FROM ${sideSql(after, columns)}
    )
    GROUP BY ${aliases} HAVING sum(a) > 1 OR sum(b) > 1`)
  const row = await connection.row(`SELECT count(*) AS n,
      count(*) FILTER (a > 1) AS keys_a, coalesce(sum(a) FILTER (a > 1), 0) AS rows_a,
      count(*) FILTER (b > 1) AS keys_b, coalesce(sum(b) FILTER (b > 1), 0) AS rows_b
    FROM duplicates`)
  if (Number(row['n']) === 0) return undefined
  return {
    before: { keys: Number(row['keys_a']), rows: Number(row['rows_a']) },
    after: { keys: Number(row['keys_b']), rows: Number(row['rows_b']) },
  }
}

/** A contract was enforced when the rows were written. Rows that differ may be equal in another type, so that must be the same. */
function promises(side: DiffSide, key: readonly string[], columns: readonly SharedColumn[]): boolean {
  const sameType = (name: string) =>
    columns.find((column) => column.name === name)?.type === typeOf(side, name)
  return side.key.length > 0 && side.key.every((name) => key.includes(name) && sameType(name))
}

/** The rows of a relation whose key is shared (`SEMI`), or those whose key is not (`ANTI`). */
export function withKey(relation: string, kind: 'SEMI' | 'ANTI', columns: readonly SharedColumn[]): string {
  const agree = agreeSql(
    's',
    'd',
    columns.map(({ alias }) => alias),
  )
  return `(SELECT * FROM ${relation} AS s ${kind} JOIN duplicates AS d ON ${agree})`
}
