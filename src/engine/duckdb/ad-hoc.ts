import { emptyRecord } from '../../base/record.ts'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { ProblemError } from '../../base/problem.ts'
import { didYouMean } from '../../base/suggest.ts'
import type { EngineOptions } from '../engine.ts'
import { chosenPartitions } from './chosen-partitions.ts'
import { Connection } from './connection.ts'
import { losslessValue } from './decode.ts'
import { inSaid, relationParts, type AdHocTables, type AdHocText } from './ad-hoc-tables.ts'
import { FaultError, queryProblem } from './faults.ts'
import type { VersionFiles } from './files-sql.ts'
import { keywords, readFunctions } from './functions.ts'
import { gateProblems, parseProblem, relationKey, relationsNamed } from './gate.ts'
import { openInstance } from './instance.ts'
import { partitionFilters } from './partition-filters.ts'
import { describe, type BoundColumn } from './source-parquet.ts'
import { quoteName, quoteTexts, subquery } from './sql-text.ts'
import { parseQuery, type ParsedQuery } from './tree.ts'
import { viewStatements } from './views.ts'

/** The result of a query: its columns, and its rows as they come, which may be read once. */
export interface QueryRows {
  readonly columns: readonly BoundColumn[]
  /** Values without loss, in the order of the columns. */
  readonly rows: AsyncIterable<readonly unknown[]>
}

export type { AdHocTables, AdHocText } from './ad-hoc-tables.ts'

/** Versions by the names of tables. */
type Tables = { readonly [name: string]: VersionFiles }

/** Where queries run. */
export interface AdHocPlace {
  readonly options: EngineOptions
  /** Parses queries, and runs none. */
  readonly parser: Connection
  /** Closes what was not read to its end. */
  readonly open: Set<() => Promise<void>>
}

/** Numbers the folders into which queries spill. */
let count = 0

/**
 * Runs a single SELECT over tables on an instance of its own that reaches the files of those that it names and
 * nothing else, and whose settings are locked. Of partitioned tables it has only what its conditions ask for. It may ask the clock and chance. Rejects with a ProblemError.
 */
export async function adHocQuery(
  { options, parser, open }: AdHocPlace,
  query: AdHocText,
  tables: AdHocTables,
): Promise<QueryRows> {
  const { text } = query
  const { names, parsed } = await passGate(parser, query, tables.names)
  const read = emptyRecord<VersionFiles>()
  for (const name of names)
    read[name] = await tables.version(name, async (held) => {
      const filters = partitionFilters(parsed, relationParts(name), held.by)
      return filters && chosenPartitions(parser, filters, held)
    })
  const tempFolder = path.join(options.tempFolder, `query-${++count}`)
  const instance = await openInstance({ ...options, tempFolder }, locksFor(read)).catch((error: unknown) => {
    throw nameTaken(error, Object.keys(read))
  })
  const connection = await Connection.open(instance)
  const close = async () => {
    open.delete(close)
    await connection.close()
    instance.closeSync()
    await rm(tempFolder, { recursive: true, force: true })
  }
  open.add(close)
  try {
    const columns = await describe(connection, subquery(text))
    return { columns, rows: rowsOf(connection, query, close) }
  } catch (error) {
    await close()
    // What stands before the query when it is described.
    throw told(error, query, 'DESCRIBE (')
  }
}

async function* rowsOf(
  connection: Connection,
  query: AdHocText,
  close: () => Promise<void>,
): AsyncGenerator<readonly unknown[], void> {
  try {
    const { chunks } = await connection.stream(query.text)
    for await (const chunk of chunks) for (const row of chunk.getRows()) yield row.map(losslessValue)
  } catch (error) {
    throw told(error, query)
  } finally {
    await close()
  }
}

/** The tables that a query names; throws a ProblemError when it does what it may not. */
async function passGate(
  parser: Connection,
  query: AdHocText,
  names: readonly string[],
): Promise<{ readonly names: readonly string[]; readonly parsed: ParsedQuery }> {
  const place = { subject: 'query', handle: '', text: query.text }
  const parsed = await parseQuery(parser, query.text)
  if (!('node' in parsed)) throw new ProblemError(inSaid(parseProblem(parsed, place), query))
  const problems = gateProblems(parsed, {
    ...place,
    relations: new Set(names.map((name) => relationKey(relationParts(name)))),
    // As calls these words tell nothing here, so that each may be a column.
    columns: keywords,
    unknown: (name) => unknownTable(name, names),
    volatile: true,
    params: 0,
    functions: await readFunctions(parser),
  })
  if (problems.length > 0) throw new ProblemError(problems.map((problem) => inSaid(problem, query)))
  const named = relationsNamed(parsed)
  return { names: names.filter((name) => named.has(relationKey(relationParts(name)))), parsed }
}

function unknownTable(name: string, names: readonly string[]): { message: string; hint?: string } {
  const message = `there is no table '${name}'`
  if (names.includes(name))
    return { message, hint: `write it as ${relationParts(name).map(quoteName).join('.')}` }
  const hint = didYouMean(name, names)
  return { message, ...(hint !== undefined && { hint }) }
}

function told(error: unknown, query: AdHocText, before = ''): unknown {
  if (!(error instanceof FaultError)) return error
  const place = { subject: 'query', handle: '', text: query.text, before }
  return new ProblemError(inSaid(queryProblem(error.fault, place), query))
}

/** A table may have a name that DuckDB keeps for itself, such as `temp.trips`. */
function nameTaken(error: unknown, names: readonly string[]): unknown {
  if (!(error instanceof FaultError)) return error
  return new ProblemError({
    code: 'query/bind',
    message: `query: ${names.join(', ')} cannot be read by name: ${error.fault.message}`,
    hint: 'read the files that `sluice path` prints',
  })
}

/** Views by the tables' names, and nothing else within reach. */
function locksFor(tables: Tables): string[] {
  const paths = Object.values(tables).flatMap(({ files }) => files)
  const statements = new Set([
    `SET allowed_paths = ${quoteTexts(paths)}`,
    ...Object.entries(tables).flatMap(([name, version]) => viewStatements(name, version)),
  ])
  return [...statements, 'SET enable_external_access = false']
}
