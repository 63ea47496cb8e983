import { ProblemError } from '../../base/problem.ts'
import type { SourceFormat } from '../../contract/source.ts'
import type { Connection } from './connection.ts'
import { FaultError, firstLine } from './faults.ts'
import { describe } from './source-parquet.ts'
import { parquetFiles, quoteName, quotePaths, quoteText } from './sql-text.ts'
import { foundType, typeText, type SqlType } from './types.ts'

/** A file as a source would declare it. */
export interface SniffedFile {
  readonly format: SourceFormat
  readonly columns: readonly { readonly name: string; readonly type: string; readonly nullable: boolean }[]
  /** For CSV, when it is not a comma. */
  readonly delimiter?: string
}

/** Names, types and whether there are NULLs, from all rows of a file. Rejects with a ProblemError (`source/format`). */
export async function sniffFile(connection: Connection, file: string): Promise<SniffedFile> {
  const format = formatOf(file)
  try {
    const relation = `FROM ${relationOf(format, file)}`
    const columns = await describe(connection, relation)
    const counts = columns.map(({ name }, at) => `count(*) > count(${quoteName(name)}) AS n${at}`)
    const row = await connection.row(`SELECT ${counts.join(', ')} ${relation}`)
    const delimiter = format === 'csv' ? await delimiterOf(connection, file) : ','
    return {
      format,
      columns: columns.map(({ name, type }, at) => ({
        name,
        type: contractType(foundType(type)),
        nullable: row[`n${at}`] === true,
      })),
      ...(delimiter !== ',' && { delimiter }),
    }
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
    throw new ProblemError({
      code: 'source/format',
      message: firstLine(error.fault.message),
      where: { file },
    })
  }
}

function formatOf(file: string): SourceFormat {
  const name = file.toLowerCase().replace(/\.(gz|zst)$/, '')
  if (name.endsWith('.parquet')) return 'parquet'
  if (name.endsWith('.json')) return 'json'
  return /\.(ndjson|jsonl)$/.test(name) ? 'ndjson' : 'csv'
}

function relationOf(format: SourceFormat, file: string): string {
  if (format === 'parquet') return parquetFiles([file])
  if (format === 'csv') return `read_csv(${quotePaths([file])}, header=true, sample_size=-1)`
  return `read_json(${quotePaths([file])}, format='${format === 'json' ? 'array' : 'newline_delimited'}', sample_size=-1, records='true')`
}

async function delimiterOf(connection: Connection, file: string): Promise<string> {
  const escaped = quoteText(file.replace(/[*?[]/g, '[$&]'))
  const row = await connection.row(
    `SELECT Delimiter AS delimiter FROM sniff_csv(${escaped}, header=true, sample_size=-1)`,
  )
  return String(row['delimiter'])
}

/** The nearest type that a contract can name. */
const nearest: Readonly<Record<string, string | undefined>> = {
  UTINYINT: 'SMALLINT',
  USMALLINT: 'INTEGER',
  UINTEGER: 'BIGINT',
  UBIGINT: 'DECIMAL(20,0)',
  HUGEINT: 'DECIMAL(38,0)',
  UHUGEINT: 'DECIMAL(38,0)',
  TIMESTAMP_S: 'TIMESTAMP',
  TIMESTAMP_MS: 'TIMESTAMP',
  TIMESTAMP_NS: 'TIMESTAMP',
}
const known =
  /^(BOOLEAN|TINYINT|SMALLINT|INTEGER|BIGINT|FLOAT|DOUBLE|VARCHAR|JSON|BLOB|UUID|DATE|TIME|TIMESTAMP|TIMESTAMP WITH TIME ZONE)$/

function contractType(type: SqlType): string {
  switch (type.kind) {
    case 'plain':
      return nearest[type.name] ?? (known.test(type.name) ? type.name : 'VARCHAR')
    case 'decimal':
      return typeText(type)
    case 'list':
    case 'array':
      return `${contractType(type.item)}[]`
    case 'struct':
      return `STRUCT(${type.fields.map((field) => `${quoteName(field.name)} ${contractType(field.type)}`).join(', ')})`
    case 'map':
    case 'enum':
      return 'VARCHAR'
  }
}
