import { stat } from 'node:fs/promises'
import type { Problem } from '../../base/problem.ts'
import type { DeclaredColumn, DeclaredSource } from '../../contract/spec.ts'
import type { Connection } from './connection.ts'
import { FaultError, firstLine, type Fault } from './faults.ts'
import { hasFraction, holdsWholes, typeWithTexts, withWholes } from './nested-wholes.ts'
import { columnProblems } from './source-columns.ts'
import type { SourceView } from './source-csv.ts'
import { lengthLimit } from './source-limits.ts'
import {
  fileColumn,
  ownColumnsOnly,
  quoteName,
  quotePaths,
  quoteText,
  quoteTypes,
  withFileColumn,
} from './sql-text.ts'
import { parseType, typeSql } from './types.ts'

/**
 * JSON files as a relation. A key that an object lacks is NULL. A number that is no whole number is read as a
 * double by DuckDB: decimals of more than 15 digits keep all of them only as JSON strings. Keys that are not
 * declared are looked for in all objects, which reads the files once more; `extra: 'ignore'` saves that.
 */
export async function jsonView(
  connection: Connection,
  source: DeclaredSource,
  files: readonly string[],
  picked: readonly DeclaredColumn[],
): Promise<SourceView> {
  const problems = await emptyProblems(source, files)
  if (problems.length === 0 && source.extra === 'error')
    problems.push(...(await keyProblems(connection, source, files)))
  return { selects: [jsonSelect(source, files, picked)], problems }
}

function formatOf(source: DeclaredSource): string {
  return `format=${quoteText(source.format === 'json' ? 'array' : 'newline_delimited')}`
}

function jsonSelect(
  source: DeclaredSource,
  files: readonly string[],
  picked: readonly DeclaredColumn[],
): string {
  const columns = picked.map((column) => {
    const name = quoteName(column.name)
    return `${withWholes(name, parseType(column.type))} AS ${name}`
  })
  return `SELECT ${columns.join(', ')} FROM ${jsonFiles(source, files, false)}`
}

/** The files as DuckDB reads them. `typed` says that whole numbers are read as such, to find wrong ones. */
function jsonFiles(source: DeclaredSource, files: readonly string[], typed: boolean): string {
  const columns = source.columns.map((column) => ({
    name: column.name,
    type: typed ? typeSql(column.type) : typeWithTexts(column.type),
  }))
  const options = [
    formatOf(source),
    'auto_detect=false',
    "records='true'",
    `columns=${quoteTypes(columns)}`,
    withFileColumn,
    ownColumnsOnly,
  ]
  return `read_json(${quotePaths(files)}, ${options.join(', ')})`
}

/** DuckDB reads an empty file as no rows; as one array of JSON it is broken. */
async function emptyProblems(source: DeclaredSource, files: readonly string[]): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const file of source.format === 'json' ? files : []) {
    if ((await stat(file)).size > 0) continue
    problems.push({
      code: 'source/format',
      message: `source '${source.name}': the file is empty`,
      where: { file, line: 1 },
    })
  }
  return problems
}

async function keyProblems(
  connection: Connection,
  source: DeclaredSource,
  files: readonly string[],
): Promise<Problem[]> {
  const rows = await connection.rows(
    `SELECT DISTINCT ${fileColumn} AS file, unnest(json_keys(json)) AS key
     FROM read_json_objects(${quotePaths(files)}, ${formatOf(source)}, ${withFileColumn}, ${ownColumnsOnly}) ORDER BY ALL`,
  )
  const names = new Map<string, string[]>()
  for (const { file: path, key } of rows) {
    const file = String(path)
    names.set(file, [...(names.get(file) ?? []), String(key)])
  }
  const declared = source.columns.map(({ name }) => name)
  // A key that no object has is no mistake: its column is NULL.
  return [...names].flatMap(([file, keys]) =>
    columnProblems(source, { file, names: [...new Set([...declared, ...keys])] }),
  )
}

/**
 * Reads JSON files once more after a query failed on them, and tells what is wrong: the first value that is
 * not of its type, or fractions where whole numbers are declared. Empty when the files are good.
 */
export async function jsonProblems(
  connection: Connection,
  source: DeclaredSource,
  files: readonly string[],
  picked: readonly DeclaredColumn[],
): Promise<Problem[]> {
  const counts = picked.map(({ name }) => `count(${quoteName(name)})`)
  try {
    await connection.run(`SELECT ${counts.join(', ')} FROM ${jsonFiles(source, files, true)}`)
  } catch (error) {
    const problem = error instanceof FaultError ? jsonFaultProblem(source, error.fault) : undefined
    if (problem) return [problem]
    throw error
  }
  const problems: Problem[] = []
  for (const column of picked) {
    const name = quoteName(column.name)
    const type = parseType(column.type)
    if (!holdsWholes(type)) continue
    const rows = await connection.rows(
      `SELECT ${fileColumn} AS file, left(CAST(${name} AS VARCHAR), 100) AS raw FROM ${jsonFiles(source, files, false)} WHERE ${hasFraction(name, type)} LIMIT 20`,
    )
    for (const { file, raw } of rows) {
      const message = `source '${source.name}': column '${column.name}': ${String(raw)} is not ${column.type}`
      problems.push({ code: 'source/value', message, where: { file: String(file) } })
    }
  }
  return problems
}

/** An error of DuckDB's JSON reader. It stops at the first. */
function jsonFaultProblem(source: DeclaredSource, { message }: Fault): Problem | undefined {
  const file = /(?:in|reading) file "(.+?)"/.exec(message)?.[1]
  if (file === undefined) return undefined
  const line = /in line (\d+)/.exec(message)?.[1]
  const record = /in record\/value (\d+)/.exec(message)?.[1]
  const said = firstLine(/(?:in line \d+|in record\/value \d+): ([\s\S]*)/.exec(message)?.[1] ?? message)
  const at = { file, ...(line !== undefined && { line: Number(line) }) }
  const limit = lengthLimit(source, at, message)
  if (limit) return limit
  const place = record === undefined ? '' : `value ${record}: `
  const code = /UTF-8/i.test(message)
    ? 'source/encoding'
    : /transform error/.test(message)
      ? 'source/value'
      : 'source/format'
  return {
    code,
    message: `source '${source.name}': ${place}${said.trim()}`,
    where: at,
  }
}
