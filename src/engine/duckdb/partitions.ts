import { rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { hashFile } from '../../base/file-hash.ts'
import { InternalError } from '../../base/problem.ts'
import { partitionKey } from '../../contract/partition.ts'
import type { DeclaredTable } from '../../contract/spec.ts'
import type { OutputTarget, StagedFile, StagedOutput, StagedPartition } from '../engine.ts'
import { engineVersion } from '../version.ts'
import type { Connection } from './connection.ts'
import { groupDigest } from './content-digest.ts'
import { copyTo, type Copied } from './copy.ts'
import { ownColumnsOnly, parquetFiles, quoteName, quotePaths } from './sql-text.ts'

/** No column has such a name. */
const number = quoteName('\u0001partition')
const rowNumber = 'file_row_number'

/** Up to so many partitions are read out of the whole file one by one; more are sorted first. */
const fewPartitions = 4

/** A file that holds a whole table, and what is needed to part it. */
interface Whole {
  readonly connection: Connection
  readonly target: OutputTarget
  readonly file: string
  readonly plain: boolean
  /** Tables of the session: the partitions with their numbers, and the rows in order of them. */
  readonly partitions: string
  readonly sorted: string
}

/**
 * Parts the file of a whole table into one file for each partition, and leaves out those whose rows have files
 * already. The rows of a file stand in the order in which the whole file has them.
 *
 * DuckDB's own PARTITION_BY was measured and is not used: it holds a file open for each partition (100,000 of them
 * end in want of memory at 1 GB), writes several files for one, and does not keep the order of rows. Sorting into a
 * table that can spill and copying its ranges takes no longer.
 */
export async function stagePartitions(
  connection: Connection,
  target: OutputTarget,
  file: string,
  { plain, rows, stats }: Copied,
): Promise<StagedOutput> {
  const [partitions, sorted] = ['partitions', 'sorted'].map((name) => quoteName(`@${name} ${target.handle}`))
  if (partitions === undefined || sorted === undefined) throw new InternalError('a table has no name')
  const whole = { connection, target, file, plain, partitions, sorted }
  const drops: string[] = []
  try {
    const [only, ...others] = isOne(target.table, rows, stats) ? await groupsOf(whole) : []
    const isOnly = only !== undefined && others.length === 0
    if (!isOnly) drops.push(sorted, partitions)
    const all = isOnly ? [only] : await numberedOf(whole)
    const standing = new Set(
      target.standing?.map(({ values, digest }) => `${digest} ${partitionKey(values)}`),
    )
    const fresh = all.flatMap((each, at) =>
      standing.has(`${each.digest} ${partitionKey(each.values)}`) ? [] : [{ ...each, number: at }],
    )
    const files = await writeParts(whole, fresh, all.length)
    const bytes = files.reduce((sum, each) => sum + each.bytes, 0)
    return { handle: target.handle, files, rows, bytes, stats, partitions: all }
  } finally {
    await rm(file, { force: true })
    for (const name of drops) await connection.run(`DROP TABLE IF EXISTS ${name}`)
  }
}

/**
 * Whether all rows are likely of one partition, as those of a notebook that works by partition are: then no table of
 * partitions is made. Statistics can be cut short, so it is no proof.
 */
function isOne({ partitionBy = [] }: DeclaredTable, rows: number, stats: Copied['stats']): boolean {
  const isSame = (column: string) => {
    const { min, max } = stats[column] ?? {}
    return min !== undefined && min === max
  }
  return rows > 0 && partitionBy.every(isSame)
}

/** The partitions of a table with their digests, by one query for all of them, in the order of their values. */
async function groupsOf({ target, ...whole }: Whole): Promise<StagedPartition[]> {
  const by = columnsBy(target.table)
  const groups = groupedRows({ target, ...whole })
  return partitionsFrom(whole.connection, by, `${groups} ORDER BY ${by.join(', ')}`)
}

/** The same, kept in a table with their numbers. */
async function numberedOf({ target, ...whole }: Whole): Promise<StagedPartition[]> {
  const { connection, partitions } = whole
  const by = columnsBy(target.table)
  const listed = by.join(', ')
  await connection.run(
    `CREATE TEMP TABLE ${partitions} AS SELECT ${listed}, row_number() OVER (ORDER BY ${listed}) - 1 AS ${number}, rows, digest ` +
      `FROM ${groupedRows({ target, ...whole })}`,
  )
  return partitionsFrom(connection, by, `${partitions} ORDER BY ${number}`)
}

function groupedRows({ target: { table }, file }: Pick<Whole, 'target' | 'file'>): string {
  const listed = columnsBy(table).join(', ')
  const digest = groupDigest(engineVersion(), table.columns)
  return `(SELECT ${listed}, count(*) AS rows, ${digest} AS digest FROM ${parquetFiles([file])} GROUP BY ${listed})`
}

async function partitionsFrom(
  connection: Connection,
  by: readonly string[],
  from: string,
): Promise<StagedPartition[]> {
  const texts = by.map((column, at) => `CAST(${column} AS VARCHAR) AS v${at}`)
  const found = await connection.rows(`SELECT ${texts.join(', ')}, rows, digest FROM ${from}`)
  return found.map((row) => ({
    values: by.map((_, at) => String(row[`v${at}`])),
    rows: Number(row['rows']),
    digest: String(row['digest']),
  }))
}

type Numbered = StagedPartition & { readonly number: number }

async function writeParts(whole: Whole, fresh: readonly Numbered[], all: number): Promise<StagedFile[]> {
  const folder = path.dirname(whole.file)
  const [only] = fresh
  if (only && all === 1) {
    await rename(whole.file, path.join(folder, partName(0)))
    return [await stagedFile(folder, 0, only)]
  }
  const query = fresh.length <= fewPartitions ? filtered(whole) : await sortedRows(whole, fresh, all)
  const files: StagedFile[] = []
  for (const [at, each] of fresh.entries()) {
    const file = path.join(folder, partName(at))
    await copyTo(whole.connection, query(each.number), file, undefined, whole.plain ? 'v1' : 'v2')
    files.push(await stagedFile(folder, at, each))
  }
  return files
}

const partName = (at: number): string => `part-${at}.parquet`

async function stagedFile(
  folder: string,
  at: number,
  { values, rows }: StagedPartition,
): Promise<StagedFile> {
  const file = path.join(folder, partName(at))
  const { size: bytes } = await stat(file)
  return { name: partName(at), bytes, rows, hash: await hashFile(file), partition: values }
}

/** The rows of one partition by a scan of the whole file. */
function filtered(whole: Whole): (at: number) => string {
  const { partitions, target } = whole
  return (at) =>
    `SELECT ${columnsOf(target.table, 's')} FROM ${numberedRows(whole)} AS s SEMI JOIN ` +
    `(FROM ${partitions} WHERE ${number} = ${at}) AS p USING (${columnsBy(target.table).join(', ')})${inOrder(target.table)}`
}

/** Sorts the rows of all partitions that are written; gives the query for one of them. */
async function sortedRows(
  whole: Whole,
  fresh: readonly Numbered[],
  all: number,
): Promise<(at: number) => string> {
  const { connection, partitions, sorted, target } = whole
  const { table } = target
  const numbers = fresh.map((each) => each.number).join()
  const wanted =
    fresh.length === all ? '' : `SEMI JOIN (SELECT unnest([${numbers}]) AS ${number}) USING (${number})`
  const chosen = `(SELECT ${[...columnsBy(table), number].join(', ')} FROM ${partitions} ${wanted})`
  const order = [number, ...(hasRowNumber(table) ? [] : [rowNumber])].join(', ')
  await connection.run(
    `CREATE TEMP TABLE ${sorted} AS SELECT ${columnsOf(table, 's')}, p.${number} FROM ${numberedRows(whole)} AS s ` +
      `JOIN ${chosen} AS p USING (${columnsBy(table).join(', ')}) ORDER BY ${order}`,
  )
  return (at) => `SELECT ${columnsOf(table)} FROM ${sorted} WHERE ${number} = ${at}`
}

function numberedRows({ file, target }: Whole): string {
  const numbered = hasRowNumber(target.table) ? '' : `, ${rowNumber}=true`
  return `read_parquet(${quotePaths([file])}, ${ownColumnsOnly}${numbered})`
}

function inOrder(table: DeclaredTable): string {
  return hasRowNumber(table) ? '' : ` ORDER BY ${rowNumber}`
}

/** A table with a column of that name keeps no order of rows. */
function hasRowNumber({ columns }: DeclaredTable): boolean {
  return columns.some(({ name }) => name.toLowerCase() === rowNumber)
}

function columnsBy({ partitionBy = [] }: DeclaredTable): string[] {
  return partitionBy.map(quoteName)
}

/** In a join over columns of one name, that name stands for both. */
function columnsOf({ columns }: DeclaredTable, alias?: string): string {
  const dot = alias === undefined ? '' : `${alias}.`
  return columns.map(({ name }) => `${dot}${quoteName(name)}`).join(', ')
}
