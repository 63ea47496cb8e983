import path from 'node:path'
import type { Difference, DifferenceRequest, DifferenceSide } from '../row-difference.ts'
import type { Connection } from './connection.ts'
import { copyTo } from './copy.ts'
import { casts } from './source-parquet.ts'
import { parquetFiles, quoteName } from './sql-text.ts'

/** How often a row stands more often after (positive) or before (negative); no column has such a name. */
const surplus = quoteName('\u0001n')
const differences = quoteName('@differences')

/**
 * The rows that one list of files has more often than another, both ways, as multisets: what `EXCEPT ALL` gives,
 * in one pass. NULL equals NULL and NaN equals NaN. The groups spill when they do not fit; on 2M rows of 4 columns
 * on each side it takes about 1 s of one core.
 */
export async function writeDifference(
  connection: Connection,
  request: DifferenceRequest,
): Promise<Difference> {
  const { columns, before, after } = request
  const names = columns.map(({ name }) => quoteName(name)).join(', ')
  const sides = [
    ...(before.length > 0 ? [`SELECT ${casts(columns)}, -1 AS ${surplus} FROM ${parquetFiles(before)}`] : []),
    ...(after.length > 0 ? [`SELECT ${casts(columns)}, 1 AS ${surplus} FROM ${parquetFiles(after)}`] : []),
  ]
  if (sides.length === 0) return { added: none, removed: none }
  await connection.run(`CREATE OR REPLACE TEMP TABLE ${differences} AS
    SELECT ${names}, CAST(sum(${surplus}) AS BIGINT) AS ${surplus}
    FROM (${sides.join(' UNION ALL ')}) GROUP BY ${names} HAVING sum(${surplus}) <> 0`)
  const side = (name: string, count: string) =>
    writeSide(connection, path.join(request.folder, name), names, count)
  const added = await side('added.parquet', surplus)
  const removed = await side('removed.parquet', `-${surplus}`)
  await connection.run(`DROP TABLE ${differences}`)
  return { added, removed }
}

const none: DifferenceSide = { rows: 0 }

/** Writes each row as often as a count says. */
async function writeSide(
  connection: Connection,
  file: string,
  names: string,
  count: string,
): Promise<DifferenceSide> {
  const each = `SELECT *, unnest(range(${count})) FROM ${differences} WHERE ${count} > 0`
  const rows = await connection.row(
    `SELECT coalesce(sum(${count}), 0) AS n FROM ${differences} WHERE ${count} > 0`,
  )
  if (Number(rows['n']) === 0) return none
  const written = await copyTo(connection, `SELECT ${names} FROM (${each})`, file)
  return { file, rows: Number(written['count']) }
}
