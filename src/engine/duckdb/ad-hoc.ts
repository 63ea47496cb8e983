import { rm } from 'node:fs/promises'
import path from 'node:path'
import { ProblemError } from '../../base/problem.ts'
import { nearest } from '../../base/suggest.ts'
import type { EngineOptions } from '../engine.ts'
import { Connection } from './connection.ts'
import { losslessValue } from './decode.ts'
import { FaultError, queryProblem } from './faults.ts'
import { readFunctions } from './functions.ts'
import { gateProblems, parseProblem } from './gate.ts'
import { openInstance } from './instance.ts'
import { describe, type BoundColumn } from './source-parquet.ts'
import { parquetFiles, quoteName, quoteTexts, subquery } from './sql-text.ts'
import { parseQuery } from './tree.ts'

/** The result of a query: its columns, and its rows as they come, which may be read once. */
export interface QueryRows {
  readonly columns: readonly BoundColumn[]
  /** Values without loss, in the order of the columns. */
  readonly rows: AsyncIterable<readonly unknown[]>
}

type Tables = { readonly [name: string]: readonly string[] }

/** Numbers the folders into which queries spill. */
let count = 0

/**
 * Runs a single SELECT over tables on an instance of its own that reaches their files and nothing else, and
 * whose settings are locked. It may ask the clock and chance. Rejects with a ProblemError. `open` holds what
 * must be closed when the rows are not read to the end.
 */
export async function adHocQuery(
  options: EngineOptions,
  text: string,
  tables: Tables,
  open: Set<() => Promise<void>>,
): Promise<QueryRows> {
  const tempFolder = path.join(options.tempFolder, `query-${++count}`)
  const files = Object.values(tables).flat()
  const locks = [
    `SET allowed_paths = ${quoteTexts(files)}`,
    ...schemasOf(tables),
    'SET enable_external_access = false',
  ]
  const instance = await openInstance({ ...options, tempFolder }, locks)
  const connection = await Connection.open(instance)
  const close = async () => {
    open.delete(close)
    await connection.close()
    instance.closeSync()
    await rm(tempFolder, { recursive: true, force: true })
  }
  open.add(close)
  try {
    await passGate(connection, text, tables)
    const columns = await describe(connection, subquery(text))
    return { columns, rows: rowsOf(connection, text, close) }
  } catch (error) {
    await close()
    throw told(error, text)
  }
}

async function* rowsOf(
  connection: Connection,
  text: string,
  close: () => Promise<void>,
): AsyncGenerator<readonly unknown[], void> {
  try {
    const { chunks } = await connection.stream(text)
    for await (const chunk of chunks) for (const row of chunk.getRows()) yield row.map(losslessValue)
  } catch (error) {
    throw told(error, text)
  } finally {
    await close()
  }
}

async function passGate(connection: Connection, text: string, tables: Tables): Promise<void> {
  const place = { subject: 'query', handle: '', text }
  const parsed = await parseQuery(connection, text)
  if (!('node' in parsed)) throw new ProblemError(parseProblem(parsed, place))
  const names = Object.keys(tables)
  const problems = gateProblems(parsed, {
    ...place,
    relations: new Set(names),
    columns: new Set(),
    instead: (name) => nearest(name, names)[0],
    volatile: true,
    functions: await readFunctions(connection),
  })
  if (problems.length > 0) throw new ProblemError(problems)
}

function told(error: unknown, text: string): unknown {
  if (!(error instanceof FaultError)) return error
  return new ProblemError(queryProblem(error.fault, { subject: 'query', handle: '', text, before: '' }))
}

/** Views by the tables' names: `silver.trips` is a view in a schema, `a.b.c` one in a schema of a database. */
function schemasOf(tables: Tables): string[] {
  const made = new Set<string>()
  const statements: string[] = []
  for (const [name, files] of Object.entries(tables)) {
    if (files.length === 0) continue
    const parts = name.split('.').map(quoteName)
    const [database, schema] = [
      parts.length === 3 ? parts[0] : undefined,
      parts.length > 1 ? parts.at(-2) : undefined,
    ]
    if (parts.length > 3) parts.splice(0, parts.length, quoteName(name))
    for (const statement of [
      ...(database === undefined ? [] : [`ATTACH IF NOT EXISTS ':memory:' AS ${database}`]),
      ...(schema === undefined || parts.length < 2
        ? []
        : [`CREATE SCHEMA IF NOT EXISTS ${parts.slice(0, -1).join('.')}`]),
    ]) {
      if (!made.has(statement)) statements.push(statement)
      made.add(statement)
    }
    statements.push(`CREATE VIEW ${parts.join('.')} AS FROM ${parquetFiles(files)}`)
  }
  return statements
}
