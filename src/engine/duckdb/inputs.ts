import { ProblemError, type Problem } from '../../base/problem.ts'
import { relationName } from '../../contract/render.ts'
import type { SourceFormat } from '../../contract/source-forms.ts'
import type { DeclaredColumn } from '../../contract/spec.ts'
import type { BoundInput } from '../engine.ts'
import type { Connection } from './connection.ts'
import { diskHint } from './disk-hint.ts'
import { FaultError, firstLine, type Fault } from './faults.ts'
import { csvView, type SourceView } from './source-csv.ts'
import { csvProblems } from './source-csv-faults.ts'
import { tableSql, type GivenTables } from './given.ts'
import { fractionMark } from './source-columns.ts'
import { jsonProblems, jsonView } from './source-json.ts'
import { casts, parquetView } from './source-parquet.ts'
import { rowsProblems, rowsView } from './source-rows.ts'
import { parquetFiles, quoteName } from './sql-text.ts'
import { typeSql } from './types.ts'

/** An input as the statement that shows it to queries under its handle. */
export interface InputView {
  readonly handle: string
  readonly sql: string
}

/**
 * Makes the inputs of a step views, and tells how, for other connections. Whether columns hold NULL where their source says that they do not is not
 * looked at here: what a step writes is checked, and a filter of its query may drop such rows. Throws all
 * Problems of all files at once.
 */
export async function createViews(
  connection: Connection,
  inputs: readonly BoundInput[],
  given: GivenTables = new Map(),
  parted: ReadonlyMap<string, SourceView> = new Map(),
): Promise<InputView[]> {
  const problems: Problem[] = []
  const views: InputView[] = []
  for (const input of inputs) {
    const view = parted.get(input.handle) ?? (await lookAt(connection, input, given))
    problems.push(...view.problems)
    const rows = view.selects.join('\nUNION ALL BY NAME\n')
    const limit = input.sample === undefined ? '' : ` LIMIT ${Math.max(0, Math.floor(input.sample))}`
    const name = quoteName(relationName(input.handle))
    const sql = `CREATE OR REPLACE TEMP VIEW ${name} AS SELECT * FROM (${rows})${limit}`
    views.push({ handle: input.handle, sql })
    if (view.problems.length === 0) problems.push(...(await createProblems(connection, input, sql)))
  }
  if (problems.length > 0) throw new ProblemError(problems)
  return views
}

async function lookAt(connection: Connection, input: BoundInput, given: GivenTables): Promise<SourceView> {
  const { from, columns } = input
  if (from.kind === 'rows')
    return { selects: [`SELECT * FROM ${tableSql(given.get(input.handle) ?? '')}`], problems: [] }
  if (from.kind === 'absent' || from.files.length === 0)
    return { selects: [emptyRelation(columns)], problems: [] }
  if (from.kind === 'parquet') {
    const select = `SELECT ${casts(columns)} FROM ${parquetFiles(from.files)}`
    return { selects: [select], problems: [] }
  }
  try {
    const look = {
      csv: csvView,
      excel: csvView,
      json: jsonView,
      ndjson: jsonView,
      parquet: parquetView,
      postgres: rowsView,
      sqlite: rowsView,
    }[from.source.format]
    const { selects, problems } = await look(connection, from.source, from.files, columns)
    return { selects, problems: ofOriginals(problems, from) }
  } catch (error) {
    const problems = error instanceof FaultError ? await inputProblems(connection, [input], error.fault) : []
    if (problems.length === 0) throw error
    return { selects: [emptyRelation(columns)], problems }
  }
}

/** Problems of copies are told of the files that they are copies of. */
export function ofOriginals(problems: readonly Problem[], from: BoundInput['from']): readonly Problem[] {
  const { originals } = from.kind === 'source' ? from : {}
  if (!originals) return problems
  return problems.map((problem) => {
    const original = originals.get(problem.where?.file ?? '')
    if (original === undefined) return problem
    const { file, lineOf = (line) => line } = original
    const line = problem.where?.line
    return { ...problem, where: { file, ...(line !== undefined && { line: lineOf(line) }) } }
  })
}

function emptyRelation(columns: readonly DeclaredColumn[]): string {
  const nulls = columns.map(({ name, type }) => `CAST(NULL AS ${typeSql(type)}) AS ${quoteName(name)}`)
  return `SELECT ${nulls.join(', ')} WHERE false`
}

/** Creates a view. This binds a table's files: each column must be there with a type that can be cast. */
async function createProblems(connection: Connection, input: BoundInput, sql: string): Promise<Problem[]> {
  try {
    await connection.run(sql)
    return []
  } catch (error) {
    if (!(error instanceof FaultError) || input.from.kind !== 'parquet') throw error
    const { fault } = error
    const bind = fault.type === 'Binder'
    const hint = bind ? { hint: 'the table was written with other columns: run the step that writes it' } : {}
    const said = `input table '${input.name}': ${firstLine(fault.message)}`
    return [
      {
        code: bind ? 'contract/column-missing' : 'storage/corrupt',
        message: said,
        ...hint,
        ...diskHint(fault),
      },
    ]
  }
}

/** What says that a Parquet file is damaged or gone, rather than that a value did not fit. */
const ofParquet =
  /parquet|thrift|snappy|zstd|gzip|magic|No files found|corrupt|decompress|deserializ|UTF-?8|decod|page|TProtocol|next power of 2/i

/** Whether a fault can come from reading files of a format, so that it is worth to read them once more. */
function suspects(fault: Fault, format: SourceFormat): boolean {
  const { type, message } = fault
  if (format === 'parquet')
    return ['IO', 'Serialization', 'Internal'].includes(type) || ofParquet.test(message)
  return (
    type === 'Conversion' ||
    type === 'IO' ||
    message.includes(fractionMark) ||
    /CSV Error|CSV Reader|JSON|maximum_object_size/.test(message)
  )
}

/**
 * What is wrong with the files of inputs, after a query over them failed. Empty when it was not the files'
 * fault. CSV files are read again to find all wrong values; of Parquet files, the broken one is looked for.
 */
export async function inputProblems(
  connection: Connection,
  inputs: readonly BoundInput[],
  fault: Fault,
): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const { columns, from, name } of inputs) {
    if (from.kind === 'absent' || from.kind === 'rows') continue
    // What is wrong in its files went another way.
    if (from.kind === 'source' && from.source.rejecting) continue
    const format = from.kind === 'source' ? from.source.format : 'parquet'
    if (!suspects(fault, format)) continue
    if (from.kind === 'parquet')
      problems.push(
        ...(await brokenFiles(connection, `input table '${name}'`, from.files, 'storage/corrupt')),
      )
    else if (format === 'parquet')
      problems.push(...(await brokenFiles(connection, `source '${name}'`, from.files, 'source/format')))
    else if (format === 'csv')
      problems.push(...ofOriginals(await csvProblems(connection, from.source, from.files, columns), from))
    else if (from.source.sql)
      problems.push(...(await rowsProblems(connection, from.source, from.files, columns, fault)))
    else problems.push(...(await jsonProblems(connection, from.source, from.files, columns)))
  }
  return problems
}

/** Reads each file by itself, all columns, to find those that are damaged. */
async function brokenFiles(
  connection: Connection,
  subject: string,
  files: readonly string[],
  code: 'storage/corrupt' | 'source/format',
): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const file of files) {
    try {
      await connection.run(`SELECT max(hash(r)) FROM ${parquetFiles([file])} AS r`)
    } catch (error) {
      if (!(error instanceof FaultError)) throw error
      const message = `${subject}: ${firstLine(error.fault.message)}`
      problems.push({ code, message, where: { file }, ...diskHint(error.fault) })
    }
  }
  return problems
}
