import type { Problem } from '../../base/problem.ts'
import type { DeclaredColumn, DeclaredSource } from '../../contract/spec.ts'
import type { Connection } from './connection.ts'
import { csvFaultProblem, formatProblem, valueProblem } from './csv-fault.ts'
import { FaultError } from './faults.ts'
import { longLine } from './long-lines.ts'
import { csvFiles, csvLayouts } from './source-csv.ts'
import { isFraction, readsAsText, type Layout } from './source-columns.ts'
import { quoteName } from './sql-text.ts'

/** How many wrong values of a source are shown. */
const shown = 20
const rejects = { table: 'sluice_rejects', scans: 'sluice_reject_scans' }

/**
 * Reads CSV files once more after a query failed on them, and tells what is wrong: each value with its file,
 * line, column and raw text, up to twenty. Empty when the files are good.
 */
export async function csvProblems(
  connection: Connection,
  source: DeclaredSource,
  files: readonly string[],
  picked: readonly DeclaredColumn[],
): Promise<Problem[]> {
  const long = await longLines(connection, source, files)
  if (long.length > 0) return long
  const { layouts, problems } = await csvLayouts(connection, source, files)
  const found = [...problems]
  for (const layout of layouts) {
    found.push(...(await rejected(connection, source, layout, picked)))
    found.push(...(await fractions(connection, source, layout, picked)))
  }
  return found.slice(0, shown)
}

/** The reader of CSV tells a line that fills its buffer in many ways, such as a quote that never ends. */
async function longLines(
  connection: Connection,
  source: DeclaredSource,
  files: readonly string[],
): Promise<Problem[]> {
  const found: Problem[] = []
  for (const file of files) {
    const problem = await longLine(connection, source, file)
    if (problem) found.push(problem)
  }
  return found
}

/** What DuckDB's own reader refuses. Counting a column makes DuckDB convert it. */
async function rejected(
  connection: Connection,
  source: DeclaredSource,
  layout: Layout,
  picked: readonly DeclaredColumn[],
): Promise<Problem[]> {
  const store = [`store_rejects=true`, `rejects_table='${rejects.table}'`, `rejects_scan='${rejects.scans}'`]
  const counts = picked.map(({ name }) => `count(${quoteName(name)})`)
  try {
    await connection.run(`SELECT ${counts.join(', ')} FROM ${csvFiles(source, layout, store, 'typed')}`)
    const rows = await connection.rows(
      `SELECT file_path, line, column_name, error_type, csv_line, error_message
       FROM ${rejects.table} JOIN ${rejects.scans} USING (scan_id, file_id) ORDER BY file_path, line LIMIT ${shown}`,
    )
    return rows.map((row) => rejectProblem(source, row as unknown as Reject))
  } catch (error) {
    if (error instanceof FaultError) return [csvFaultProblem(source, error.fault, layout.files[0] ?? '')]
    throw error
  } finally {
    await connection.run(`DROP TABLE IF EXISTS ${rejects.table}; DROP TABLE IF EXISTS ${rejects.scans}`)
  }
}

/** A row of DuckDB's table of rejected values. */
interface Reject {
  readonly file_path: string
  readonly line: string
  readonly column_name: string | null
  readonly error_type: string
  readonly csv_line: string | null
  readonly error_message: string
}

function rejectProblem(source: DeclaredSource, row: Reject): Problem {
  const where = { file: row.file_path, line: Number(row.line) }
  const raw = /Could not convert string "(.*)" to '/s.exec(row.error_message)?.[1]
  const column = source.columns.find(({ name }) => name === row.column_name)
  if (row.error_type === 'CAST' && raw !== undefined && column) {
    return valueProblem(source, where, column, raw)
  }
  return formatProblem(source, where, row.error_message)
}

/** Fractions where whole numbers are declared; the line is that of a file without line breaks in its fields. */
async function fractions(
  connection: Connection,
  source: DeclaredSource,
  layout: Layout,
  picked: readonly DeclaredColumn[],
): Promise<Problem[]> {
  const problems: Problem[] = []
  const { dialect } = source
  const before = Math.trunc(dialect.skip ?? 0) + (dialect.header === false ? 0 : 1)
  for (const column of picked.filter(readsAsText)) {
    for (const file of layout.files) {
      const name = quoteName(column.name)
      const values = csvFiles(source, { ...layout, files: [file] }, ['parallel=false', 'ignore_errors=true'])
      const rows = await connection.rows(
        `SELECT row, raw FROM (SELECT row_number() OVER () AS row, ${name} AS raw FROM ${values})
         WHERE ${isFraction('raw')} LIMIT ${shown}`,
      )
      for (const { row, raw } of rows) {
        problems.push(valueProblem(source, { file, line: Number(row) + before }, column, String(raw)))
      }
    }
  }
  return problems
}
