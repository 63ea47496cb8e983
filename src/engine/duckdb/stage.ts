import { rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { hashFile } from '../../base/file-hash.ts'
import { InternalError, ProblemError, type Problem } from '../../base/problem.ts'
import type { BoundInput, CheckResult, OutputTarget, StagedOutput } from '../engine.ts'
import type { Others } from './check-sql.ts'
import type { Connection } from './connection.ts'
import { copyStart, copyTable, copyTo, guarded, type Copied } from './copy.ts'
import { FaultError, queryProblem } from './faults.ts'
import { inputProblems } from './inputs.ts'
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
}

/**
 * Writes the rows of an output into one Parquet file. Conditions and types are checked as the rows pass; only
 * when that fails do they pass once more, leniently, so that all violations are told at once.
 */
export async function writeOutput(staging: Staging, rows: RowsIn): Promise<Written | readonly Problem[]> {
  const { target } = staging
  const file = path.join(folderOf(target), target.table.partitionBy ? wholeName : fileName)
  const copied = await copyChecked(staging, rows, file)
  return isProblems(copied) ? copied : { target, file, copied }
}

/** Checks what is left to check of a file that was written. */
export async function checkWritten(
  { connection, judging, tell }: Staging,
  { target, file, copied }: Written,
  siblings: Others,
): Promise<readonly Problem[]> {
  const ruled = ruledRows(target, parquetFiles([file]))
  const all = { ...ruled, others: { ...ruled.others, ...siblings } }
  const { problems, checks } = await lateFindings(connection, all, copied, judging)
  tell(checks)
  return problems
}

/** What was written and checked, as files that can be published. */
export async function stageWritten(
  { connection }: Pick<Staging, 'connection'>,
  { target, file, copied }: Written,
): Promise<StagedOutput> {
  if (target.table.partitionBy) return stagePartitions(connection, target, file, copied)
  const { size: bytes } = await stat(file)
  const files = [{ name: fileName, bytes, rows: copied.rows, hash: await hashFile(file) }]
  return { handle: target.handle, files, rows: copied.rows, bytes, stats: copied.stats }
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
