import { ProblemError } from '../../base/problem.ts'
import type { Connection } from './connection.ts'
import { headerOf } from './csv-header.ts'
import { FaultError, firstLine } from './faults.ts'
import { describe } from './source-parquet.ts'
import { parquetFiles } from './sql-text.ts'

/** The names of the columns that a file has. Throws a ProblemError when it cannot be read. */
export async function namesInFile(
  connection: Connection,
  format: 'csv' | 'parquet',
  file: string,
  name: string,
): Promise<string[]> {
  if (format === 'csv') {
    const source = { name, format, paths: [file], dialect: {}, extra: 'error' as const, columns: [] }
    const header = await headerOf(connection, source, file)
    if ('code' in header) throw new ProblemError(header)
    return [...header.names]
  }
  try {
    return (await describe(connection, `FROM ${parquetFiles([file])}`)).map((column) => column.name)
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
    const message = `source '${name}': ${firstLine(error.fault.message)}`
    throw new ProblemError({ code: 'source/format', message, where: { file } })
  }
}
