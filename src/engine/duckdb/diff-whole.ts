import type { ExampleRow } from '../table-diff.ts'
import type { Connection } from './connection.ts'
import { structSql, type SharedColumn } from './diff-sides.ts'

/** Rows of two relations as multisets. */
export interface WholeDiff {
  readonly added: number
  readonly removed: number
  readonly examples: { readonly added: readonly ExampleRow[]; readonly removed: readonly ExampleRow[] }
}

/**
 * The difference of two relations as multisets, both ways in one pass: what `EXCEPT ALL` gives of each, with
 * counts. NULL equals NULL and NaN equals NaN. The first rows in order come with the counts, so that nothing
 * is read twice; the groups spill when they do not fit.
 *
 * @param columns of both relations, by their aliases
 */
export async function wholeDiff(
  connection: Connection,
  before: string,
  after: string,
  columns: readonly SharedColumn[],
  examples: number,
): Promise<WholeDiff> {
  const aliases = columns.map(({ alias }) => alias).join(', ')
  const first = (filter: string) => {
    const fields = [...columns.map(({ alias }) => ({ name: alias, value: alias })), { name: 'n', value: 'n' }]
    return `min(${structSql(fields)}, ${examples}) FILTER (${filter})`
  }
  const picks = examples > 0 ? `, ${first('n > 0')} AS added_rows, ${first('n < 0')} AS removed_rows` : ''
  await connection.run(`CREATE OR REPLACE TEMP TABLE whole AS
    SELECT CAST(coalesce(sum(greatest(n, 0)), 0) AS BIGINT) AS added,
      CAST(coalesce(sum(greatest(-n, 0)), 0) AS BIGINT) AS removed${picks}
    FROM (
      SELECT ${aliases}, CAST(sum(side) AS BIGINT) AS n
      FROM (SELECT ${aliases}, -1 AS side FROM ${before} UNION ALL SELECT ${aliases}, 1 AS side FROM ${after})
      GROUP BY ${aliases} HAVING sum(side) <> 0
    )`)
  const { added, removed } = await connection.row('SELECT added, removed FROM whole')
  const rows = (list: string) => exampleRows(connection, list, columns)
  return {
    added: Number(added),
    removed: Number(removed),
    examples: {
      added: examples > 0 ? await rows('added_rows') : [],
      removed: examples > 0 ? await rows('removed_rows') : [],
    },
  }
}

async function exampleRows(
  connection: Connection,
  list: string,
  columns: readonly SharedColumn[],
): Promise<ExampleRow[]> {
  const texts = columns.map(({ alias }) => `CAST(r.${alias} AS VARCHAR) AS ${alias}`)
  const rows = await connection.rows(
    `SELECT ${[...texts, 'abs(r.n) AS n'].join(', ')} FROM (SELECT unnest(${list}) AS r FROM whole)`,
  )
  return rows.map((row) => ({
    row: Object.fromEntries(columns.map(({ name, alias }) => [name, row[alias] as string | null])),
    count: Number(row['n']),
  }))
}
