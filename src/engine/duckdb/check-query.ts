import { ProblemError } from '../../base/problem.ts'
import { relationName, type RenderedQuery } from '../../contract/render.ts'
import type { BoundInput, SessionRequest } from '../engine.ts'
import { boundColumns } from './bound-columns.ts'
import { compareColumns, nullColumns } from './compare.ts'
import type { Connection } from './connection.ts'
import { edited } from './edits.ts'
import { FaultError, queryProblem, type FaultPlace } from './faults.ts'
import type { Functions } from './functions.ts'
import { gateProblems, parseProblem, relationKey, unknownBeside } from './gate.ts'
import { inputProblems } from './inputs.ts'
import { outputPlaces } from './output-places.ts'
import { paramEdits } from './param-text.ts'
import { bindParams, type Params } from './params.ts'
import { rowsOfQuery, type RowsIn } from './rows-in.ts'
import { describe, type BoundColumn } from './source-parquet.ts'
import { subquery } from './sql-text.ts'
import type { Parses } from './parses.ts'
import type { ParsedQuery } from './tree.ts'
import type { DeclaredTable } from '../../contract/spec.ts'

/** What the queries of a session are checked against. */
export interface QueryRules {
  readonly connection: Connection
  readonly functions: Functions
  readonly parses: Parses
  readonly request: SessionRequest
}

/** A query that passed the gate. */
export interface PassedQuery {
  readonly parsed: ParsedQuery
  readonly params: Params
  readonly columns: readonly BoundColumn[]
}

const describeStart = 'DESCRIBE '

/** Lets a query pass, and binds it. Throws a ProblemError with all that the gate finds, or why it does not bind. */
export async function passQuery(
  rules: QueryRules,
  query: RenderedQuery,
  place: FaultPlace,
): Promise<PassedQuery> {
  const parsed = await rules.parses.parse(rules.connection, query.text)
  if (!('node' in parsed)) throw new ProblemError(parseProblem(parsed, place))
  const { inputs, volatile, external = false } = rules.request
  const read = inputs.filter(({ handle }) => query.relations.includes(handle))
  const problems = gateProblems(parsed, {
    ...place,
    relations: new Set(read.map(({ handle }) => relationKey([relationName(handle)]))),
    columns: columnNames(read),
    unknown: unknownBeside(inputs),
    volatile,
    external,
    params: query.params.length,
    functions: rules.functions,
  })
  if (problems.length > 0) throw new ProblemError(problems)
  const params = bindParams(query.params)
  return { parsed, params, columns: await bind(rules, query, params, place) }
}

async function bind(
  { connection, request }: QueryRules,
  query: RenderedQuery,
  params: Params,
  place: FaultPlace,
): Promise<BoundColumn[]> {
  const edits = paramEdits(query.text, query.params)
  const columns = await boundColumns(connection, subquery(edited(query.text, edits).text)).catch(unbound)
  if (columns) return columns
  try {
    return await describe(connection, subquery(query.text), params)
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
    const problems = await inputProblems(connection, request.inputs, error.fault)
    throw new ProblemError(
      problems.length > 0 ? problems : queryProblem(error.fault, { ...place, before: `${describeStart}(` }),
    )
  }
}

/** Why a query does not bind is told by the statement that has the text as it is. */
function unbound(error: unknown): undefined {
  if (!(error instanceof FaultError)) throw error
}

function columnNames(inputs: readonly BoundInput[]): ReadonlySet<string> {
  return new Set(inputs.flatMap(({ columns }) => columns.map(({ name }) => name.toLowerCase())))
}

/** A query that writes an output, checked against its contract. Throws a ProblemError with all that does not fit. */
export async function passWrite(
  rules: QueryRules,
  table: DeclaredTable,
  handle: string,
  query: RenderedQuery,
): Promise<RowsIn> {
  const place = { subject: `output table '${table.name}'`, handle, text: query.text }
  const { parsed, params, columns } = await passQuery(rules, query, place)
  const problems = compareColumns(
    table,
    columns,
    nullColumns(parsed, query),
    outputPlaces(parsed, columns, place),
  )
  if (problems.length > 0) throw new ProblemError(problems)
  return rowsOfQuery(query, params, columns, place)
}
