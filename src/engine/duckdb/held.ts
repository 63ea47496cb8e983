import { keysOnly } from '../../contract/changes.ts'
import { relationName, type RenderedQuery } from '../../contract/render.ts'
import type { OutputTarget } from '../engine.ts'
import type { HeldRows } from '../held-rows.ts'
import { passWrite, type QueryRules } from './check-query.ts'
import type { Connection } from './connection.ts'
import type { Gathering } from './gather.ts'
import { contractRows, type RowsIn } from './rows-in.ts'
import { typeSql } from './types.ts'
import {
  fileColumn,
  ownColumnsOnly,
  parquetFiles,
  quoteName,
  quotePaths,
  withFileColumn,
} from './sql-text.ts'

/** A version of more files than this is written as one file anew: each file costs a look when it is read. */
const mostFiles = 50

/** What is written of an output that holds rows already. */
export interface Onto {
  readonly rows: RowsIn
  /** The files that stay as they are, by their places among those that were held. */
  readonly kept: readonly number[]
}

/** An output with the query that gives its rows, as long as nothing else was written. */
export interface Written {
  readonly target: OutputTarget
  readonly query?: RowsIn
  readonly gathering?: Promise<Gathering>
}

/**
 * What is to be written so that a table holds its rows of before and new ones: appended, or merged by its key. Files
 * of which no row goes stay; rows that stay of other files are written again beside the new ones.
 */
export async function rowsOnto(
  connection: Connection,
  { target, query, gathering }: Written,
  gathered: () => Promise<Gathering>,
): Promise<Onto> {
  const held: HeldRows = target.held ?? { mode: 'append', files: [] }
  const places = held.files.map((_, at) => at)
  const unknown = places.filter((at) => held.files[at]?.stats === undefined)
  if (held.mode === 'append') {
    const again = places.length >= mostFiles ? places : unknown
    if (again.length === 0 && query && !gathering) return { rows: query, kept: places }
    const rows = await (await gathered()).rows()
    return { rows: besides(target, rows, filesAt(held, again)), kept: without(places, again) }
  }
  const rows = await (await gathered()).rows()
  await collectKeys(connection, target, held, rows)
  const touched = await touchedFiles(connection, target, held)
  const kept = without(places, [...touched, ...unknown])
  const again = kept.length >= mostFiles ? places : without(places, kept)
  return { rows: besides(target, rows, filesAt(held, again), true), kept: without(places, again) }
}

/**
 * Adds the keys that a query gives to those that an output loses. It must bind, and give the columns of the key, also
 * where the output holds nothing.
 */
export async function takeOutKeys(
  rules: QueryRules,
  target: OutputTarget,
  query: RenderedQuery,
): Promise<void> {
  const keyed = keysOnly(target.table)
  const rows = await passWrite(rules, keyed, target.handle, query)
  if (target.held?.mode !== 'merge') return
  await openKeys(rules.connection, target)
  await rules.connection.run(`INSERT INTO ${keysOf(target)} ${contractRows(keyed, rows)}`, rows.params)
}

async function openKeys(connection: Connection, target: OutputTarget): Promise<void> {
  const columns = keysOnly(target.table).columns.map(
    ({ name, type }) => `${quoteName(name)} ${typeSql(type)}`,
  )
  await connection.run(`CREATE TEMP TABLE IF NOT EXISTS ${keysOf(target)} (${columns.join(', ')})`)
}

/** The keys whose rows go: those that are written, and those of relations that are taken out. */
async function collectKeys(
  connection: Connection,
  target: OutputTarget,
  { takeOut = [] }: HeldRows,
  rows: RowsIn,
): Promise<void> {
  await openKeys(connection, target)
  const names = keyNames(target)
  for (const relation of [rows.relation, ...takeOut.map((handle) => quoteName(relationName(handle)))])
    await connection.run(`INSERT INTO ${keysOf(target)} (${names}) SELECT ${names} FROM ${relation}`)
}

/** Which files have a row of these keys. Only the columns of the key are read. */
async function touchedFiles(
  connection: Connection,
  target: OutputTarget,
  { files }: HeldRows,
): Promise<number[]> {
  if (files.length === 0) return []
  const paths = files.map(({ path }) => path)
  const from = `read_parquet(${quotePaths(paths)}, ${ownColumnsOnly}, ${withFileColumn})`
  const found = await connection.rows(
    `SELECT DISTINCT ${fileColumn} AS file FROM ${from} SEMI JOIN ${keysOf(target)} USING (${keyNames(target)})`,
  )
  const places = found.map(({ file }) => paths.indexOf(String(file)))
  return places.includes(-1) ? files.map((_, at) => at) : places
}

/** New rows, and those of some files that stay. */
function besides(target: OutputTarget, rows: RowsIn, files: readonly string[], merged = false): RowsIn {
  if (files.length === 0) return rows
  const names = target.table.columns.map(({ name }) => quoteName(name)).join(', ')
  const stay = merged ? ` ANTI JOIN ${keysOf(target)} USING (${keyNames(target)})` : ''
  const relation = `(SELECT ${names} FROM ${rows.relation} UNION ALL SELECT ${names} FROM ${parquetFiles(files)}${stay})`
  return { ...rows, relation }
}

function filesAt({ files }: HeldRows, places: readonly number[]): string[] {
  return places.flatMap((at) => files[at]?.path ?? [])
}

function without(places: readonly number[], some: readonly number[]): number[] {
  return places.filter((at) => !some.includes(at))
}

function keyNames({ table }: OutputTarget): string {
  return table.key.map(quoteName).join(', ')
}

function keysOf({ handle }: OutputTarget): string {
  return quoteName(`@keys ${handle}`)
}
