import type { Problem } from '../../base/problem.ts'
import type { CsvDialect } from '../../contract/source.ts'
import type { DeclaredColumn, DeclaredSource } from '../../contract/spec.ts'
import type { Connection } from './connection.ts'
import { csvFaultProblem } from './csv-fault.ts'
import { csvFieldsOf } from './csv-line.ts'
import { FaultError } from './faults.ts'
import { beginsWithCrLf } from './line-ends.ts'
import type { FileColumns } from './source-columns.ts'
import { columnLimit } from './source-limits.ts'
import { ownColumnsOnly, quotePaths, quoteText } from './sql-text.ts'

/** Each line as one field, so that the header comes as it stands in the file, unpacked when it is packed. */
const lineOptions = `auto_detect=false, ${ownColumnsOnly}, header=false, delim='\u0001', quote='', escape='', columns={'line': 'VARCHAR'}`

/** What DuckDB's strict reader says of line ends of two kinds. */
const mixedLines = /state machine reached an invalid state/

/**
 * The names of a CSV file's columns, from its header, or by place when it has none. A file whose line ends are
 * mixed is marked as lenient: DuckDB's strict reader refuses it.
 */
export async function headerOf(
  connection: Connection,
  source: DeclaredSource,
  file: string,
): Promise<FileColumns | Problem> {
  try {
    const strict = await readHeader(connection, source, file, false)
    if ('code' in strict || !(await isMixed(connection, file))) return strict
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
    if (!mixedLines.test(error.fault.message)) return csvFaultProblem(source, error.fault, file)
  }
  return readHeader(connection, source, file, true)
}

/**
 * Whether line ends are of two kinds, however late in the file. Files that begin with LF are taken to go on so:
 * a look at every line costs a pass, and exports that mix begin as Windows does and end otherwise.
 */
async function isMixed(connection: Connection, file: string): Promise<boolean> {
  if (!(await beginsWithCrLf(file))) return false
  try {
    await connection.row(
      `SELECT count(*) FROM read_csv(${quotePaths([file])}, ${lineOptions}, parallel=false, strict_mode=true)`,
    )
    return false
  } catch (error) {
    if (error instanceof FaultError && mixedLines.test(error.fault.message)) return true
    throw error
  }
}

async function readHeader(
  connection: Connection,
  source: DeclaredSource,
  file: string,
  lenient: boolean,
): Promise<FileColumns | Problem> {
  const { dialect, columns } = source
  // Several threads would race for the one line: the first of any part of the file would do for LIMIT.
  const comment = dialect.comment === undefined ? '' : `, comment=${quoteText(dialect.comment)}`
  const options = `${lineOptions}, parallel=false, strict_mode=${!lenient}, skip=${Math.trunc(dialect.skip ?? 0)}${comment}`
  const first = (
    await connection.row(`SELECT line FROM read_csv(${quotePaths([file])}, ${options}) LIMIT 1`)
  )['line']
  if (dialect.header === false) {
    const names = placeNames(first, dialect, columns)
    return columnLimit(source, file, names.length) ?? { file, names, lenient }
  }
  if (typeof first === 'string') {
    const names = csvFieldsOf(first, dialect)
    return columnLimit(source, file, names.length) ?? { file, names, lenient }
  }
  return {
    code: 'source/format',
    message: `source '${source.name}': the file has no header`,
    where: { file, line: 1 },
    hint: 'say `header: false` when the first line is data',
  }
}

/** Without a header, columns are named by place: as declared, and those behind them by number. */
export function placeNames(
  first: unknown,
  dialect: CsvDialect,
  columns: readonly DeclaredColumn[],
): string[] {
  const declared = columns.map(({ name }) => name)
  if (typeof first !== 'string') return declared
  const count = csvFieldsOf(first, dialect).length
  return Array.from({ length: count }, (_, at) => declared[at] ?? `column ${at + 1}`)
}
