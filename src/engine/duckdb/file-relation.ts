import { ProblemError, type Problem } from '../../base/problem.ts'
import type { SourceFormat } from '../../contract/source-forms.ts'
import type { CsvDialect } from '../../contract/source.ts'
import type { Connection, TextRow } from './connection.ts'
import { FaultError, firstLine } from './faults.ts'
import { quoteName, quotePaths } from './sql-text.ts'

/** What raw files hold, found by reading all of their rows. */
export interface FileFacts {
  /** Differs from what was asked for where a `.json` file holds one object a line. */
  readonly format: SourceFormat
  readonly columns: readonly FileColumn[]
  readonly rows: number
  /** How CSV files are written, where it is not the default of a source. */
  readonly dialect: CsvDialect
  /** What a source cannot say of them, for people. */
  readonly notes: readonly string[]
}

export interface FileColumn {
  readonly name: string
  /** As DuckDB writes it. */
  readonly type: string
  readonly hasNulls: boolean
}

/** Raw files under examination. */
export interface Examined {
  readonly connection: Connection
  /** Absolute paths. */
  readonly files: readonly [string, ...string[]]
  readonly format: SourceFormat
}

/** Files as a relation: a table function of DuckDB's. The options are SQL. */
export function readBy(
  reader: 'read_csv' | 'read_json' | 'read_parquet',
  { files }: Examined,
  options: { readonly [name: string]: string } = {},
): string {
  const named = Object.entries({ union_by_name: 'true', hive_partitioning: 'false', ...options }).map(
    ([name, value]) => `${name} := ${value}`,
  )
  return `${reader}(${[quotePaths(files), ...named].join(', ')})`
}

/** Reads all rows of a relation: names and types of its columns, and which hold NULL. */
export async function factsOf(examined: Examined, relation: string): Promise<FileFacts> {
  const schema = await schemaOf(examined, relation)
  const counts = schema.map(({ name }, at) => `count(${quoteName(name)}) AS c${at}`)
  const [row] = await ask(examined, `SELECT ${['count(*) AS n', ...counts].join(', ')} FROM ${relation}`)
  const rows = Number(row?.['n'])
  const columns = schema.map((column, at) => ({ ...column, hasNulls: Number(row?.[`c${at}`]) < rows }))
  return { format: examined.format, columns, rows, dialect: {}, notes: [] }
}

/** Names and types of the columns of a relation. */
export async function schemaOf(
  examined: Examined,
  relation: string,
): Promise<{ name: string; type: string }[]> {
  const described = await ask(examined, `DESCRIBE SELECT * FROM ${relation}`)
  return described.map((row) => ({ name: String(row['column_name']), type: String(row['column_type']) }))
}

/** The rows of a query over the files; what DuckDB says against it is a Problem of the files. */
export async function ask({ connection, files, format }: Examined, sql: string): Promise<TextRow[]> {
  try {
    return await connection.rows(sql)
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
    throw new ProblemError(fileProblem(error.fault.message, files, format))
  }
}

function fileProblem(text: string, files: Examined['files'], format: SourceFormat): Problem {
  const file = /^\s*file = (.*)$/m.exec(text)?.[1] ?? /in file "(.*?)"/.exec(text)?.[1] ?? files[0]
  const line = /^CSV Error on Line: (\d+)/.exec(text)?.[1]
  const where = { file, ...(line !== undefined && { line: Number(line) }) }
  if (/not utf-8|invalid unicode|invalid utf/i.test(text)) {
    return {
      code: 'source/encoding',
      message: 'the file is not UTF-8',
      where,
      hint: 'save the file as UTF-8',
    }
  }
  const reason =
    text.split('\n').find((each) => !/^(CSV Error|Original Line|Error when sniffing)/.test(each)) ?? text
  return {
    code: 'source/format',
    message: `the file cannot be read as ${format}: ${firstLine(reason)}`,
    where,
  }
}
