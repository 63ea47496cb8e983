import { rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { hashFile } from '../../base/file-hash.ts'
import { InternalError, ProblemError, type Problem } from '../../base/problem.ts'
import type { BoundInput, CheckResult, OutputTarget, StagedOutput } from '../engine.ts'
import type { HeldFile } from '../held-rows.ts'
import type { Others } from './check-sql.ts'
import type { Connection } from './connection.ts'
import { copyStart, copyTable, copyTo, guarded, type Copied } from './copy.ts'
import { FaultError, queryProblem } from './faults.ts'
import { inputProblems } from './inputs.ts'
import { joinedStats } from './joined-stats.ts'
import { stagePartitions } from './partitions.ts'
import { contractRows, lenientRows, type RowsIn } from './rows-in.ts'
import { ruledRows } from './rules.ts'
import { parquetFiles, quoteName } from './sql-text.ts'
import { allFindings, lateFindings, type Judging } from './violations.ts'

/** What writes an output. */
export interface Staging {
  readonly connection: Connection
  readonly inputs: readonly BoundInput[]
  readonly target: OutputTarget
  readonly judging: Judging
  /** Told what became of checks. */
  readonly tell: (checks: readonly CheckResult[]) => void
}

/** Faults that values can cause, so that it is worth to look for all such values. */
const ofValues = new Set(['Conversion', 'Invalid Input', 'Out of Range', 'Unknown'])
const fileName = 'part-0.parquet'
/** A partitioned table is first written as a whole, so that its checks are those of any table. */
const wholeName = 'whole.parquet'

/** An output whose rows are written, and not all checked. */
export interface Written {
  readonly target: OutputTarget
  readonly file: string
  readonly copied: Copied
  /** For an output that was added to: its files that stay, by their places, and what all files hold. */
  readonly onto?: {
    readonly kept: readonly number[]
    readonly files: readonly HeldFile[]
    readonly whole: Copied
  }
}

/**
 * Writes the rows of an output into one Parquet file. Conditions and types are checked as the rows pass; only
 * when that fails do they pass once more, leniently, so that all violations are told at once.
 */
export async function writeOutput(
  staging: Staging,
  rows: RowsIn,
  kept?: readonly number[],
): Promise<Written | readonly Problem[]> {
  const { target } = staging
  const file = path.join(folderOf(target), target.table.partitionBy ? wholeName : fileName)
  const copied = await copyChecked(staging, rows, file)
  if (isProblems(copied)) return copied
  return {
    target,
    file,
    copied,
    ...(kept && { onto: await besideKept(staging.connection, target, copied, kept) }),
  }
}

/** All rows of an output that was written, those of files that stay too, as SQL. */
export function writtenRows(written: Written): string {
  const stay = written.onto?.files.map((each) => each.path) ?? []
  return parquetFiles(isNothing(written) ? stay : [...stay, written.file])
}

/** Checks what is left to check of an output that was written; contracts hold for all of its rows. */
export async function checkWritten(
  { connection, judging, tell }: Staging,
  written: Written,
  siblings: Others,
): Promise<readonly Problem[]> {
  const { target, file, copied, onto } = written
  const ruled = ruledRows(target, writtenRows(written))
  const split = onto &&
    onto.files.length > 0 && {
      split: {
        held: parquetFiles(onto.files.map((each) => each.path)),
        come: parquetFiles([file]),
        rows: copied.rows,
      },
    }
  const all = { ...ruled, others: { ...ruled.others, ...siblings }, ...split }
  const { problems, checks } = await lateFindings(connection, all, onto?.whole ?? copied, judging)
  tell(checks)
  return problems
}

/** What was written and checked, as files that can be published. */
export async function stageWritten(
  { connection }: Pick<Staging, 'connection'>,
  written: Written,
): Promise<StagedOutput> {
  const { target, file, copied, onto } = written
  if (target.table.partitionBy) return stagePartitions(connection, target, file, copied)
  const { size } = await stat(file)
  const files = isNothing(written)
    ? []
    : [{ name: fileName, bytes: size, rows: copied.rows, hash: await hashFile(file) }]
  const bytes = [...(onto?.files ?? []), ...files].reduce((sum, each) => sum + each.bytes, 0)
  const { rows, stats } = onto?.whole ?? copied
  const more = onto && { kept: onto.kept, fileStats: copied.stats }
  return { handle: target.handle, files, ...more, rows, bytes, stats }
}

/** No row was added to files that stay: the file that was written is left where it is, and nobody is told of it. */
function isNothing({ copied, onto }: Written): boolean {
  return copied.rows === 0 && onto !== undefined && onto.files.length > 0
}

/** The files that stay beside the one that was written, and what all of them hold. */
async function besideKept(
  connection: Connection,
  { table, held }: OutputTarget,
  copied: Copied,
  kept: readonly number[],
): Promise<NonNullable<Written['onto']>> {
  const files = kept.flatMap((at) => held?.files[at] ?? [])
  const all = [...files.map(({ rows, stats = {} }) => ({ rows, stats })), copied]
  const rows = all.reduce((sum, each) => sum + each.rows, 0)
  return { kept, files, whole: { ...copied, rows, stats: await joinedStats(connection, table, all) } }
}

export function isProblems(value: unknown): value is readonly Problem[] {
  return Array.isArray(value)
}

async function copyChecked(
  staging: Staging,
  rows: RowsIn,
  file: string,
): Promise<Copied | readonly Problem[]> {
  const { connection, target } = staging
  const { table } = target
  const query = guarded(table, contractRows(table, rows))
  try {
    return await copyTable(connection, table, query, file, rows.params)
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
    return diagnose(staging, rows, error, copyStart + query)
  }
}

/** Tells why rows could not be written: files of inputs, the query itself, or the rows that it gives. */
export async function diagnose(
  staging: Staging,
  rows: RowsIn,
  error: FaultError,
  statement: string,
): Promise<readonly Problem[]> {
  const { connection, inputs, target } = staging
  const ofInputs = await inputProblems(connection, inputs, error.fault)
  if (ofInputs.length > 0) return ofInputs
  if (!ofValues.has(error.fault.type)) return [ownProblem(rows, error, statement)]
  const query = lenientRows(target.table, rows)
  try {
    const found = await lenientViolations(staging, query, rows)
    return found.length > 0 ? found : [ownProblem(rows, error, statement)]
  } catch (second) {
    // The query fails by itself, whatever the contract says.
    if (second instanceof FaultError) return [ownProblem(rows, second, lenientStart(target) + query)]
    throw second
  }
}

/** Writes rows leniently, where the output itself would be, and tells all that they break. */
async function lenientViolations(
  staging: Staging,
  query: string,
  { params }: RowsIn,
): Promise<readonly Problem[]> {
  const { connection, target } = staging
  if (target.folder === undefined) {
    const table = diagnosisTable(target)
    try {
      await connection.run(`${lenientStart(target)}${query})`, params)
      return await lenientFindings(staging, table)
    } finally {
      await connection.run(`DROP TABLE IF EXISTS ${table}`)
    }
  }
  const file = path.join(target.folder, 'diagnosis.parquet')
  try {
    await copyTo(connection, query, file, params)
    return await lenientFindings(staging, parquetFiles([file]))
  } finally {
    await rm(file, { force: true })
  }
}

async function lenientFindings(staging: Staging, relation: string): Promise<readonly Problem[]> {
  const { connection, target, judging, tell } = staging
  const { problems, checks } = await allFindings(connection, ruledRows(target, relation), true, judging)
  // Without a Problem of its own, the query fails by itself.
  if (problems.length > 0) tell(checks)
  return problems
}

function diagnosisTable({ handle }: OutputTarget): string {
  return quoteName(`@diagnosis ${handle}`)
}

/** What stands before a lenient query. */
function lenientStart(target: OutputTarget): string {
  return target.folder === undefined ? `CREATE TEMP TABLE ${diagnosisTable(target)} AS (` : copyStart
}

function folderOf({ folder, table }: OutputTarget): string {
  if (folder === undefined) throw new InternalError(`output table '${table.name}' has no folder`)
  return folder
}

function ownProblem({ place, relation }: RowsIn, error: FaultError, statement: string): Problem {
  const start = statement.indexOf(relation)
  return queryProblem(error.fault, { ...place, before: statement.slice(0, start + 1) })
}

/** Throws Problems when there are some. */
export function raise(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ProblemError(problems)
}
