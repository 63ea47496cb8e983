import { ProblemError } from '../../base/problem.ts'
import { relationName } from '../../contract/render.ts'
import type { DeclaredCheck, DeclaredTable } from '../../contract/spec.ts'
import { nullOf } from './check-sql.ts'
import type { Connection } from './connection.ts'
import { FaultError, firstLine } from './faults.ts'
import type { Functions } from './functions.ts'
import { gateProblems, parseProblem, relationKey, unknownBeside } from './gate.ts'
import { bindParams } from './params.ts'
import { otherRelations } from './rules.ts'
import { checkQuery } from './table-rules.ts'
import { parseQuery } from './tree.ts'

/** Why the query of a check is refused: the gate that all queries of users pass, then whether it binds. */
export async function queryFault(
  { connection, functions }: { readonly connection: Connection; readonly functions: Functions },
  table: DeclaredTable,
  check: Extract<DeclaredCheck, { kind: 'query' }>,
  others: { readonly [table: string]: readonly string[] },
): Promise<string | undefined> {
  const { text, params } = check.query
  const place = { subject: 'it', handle: '', text }
  const parsed = await parseQuery(connection, text)
  if (!('node' in parsed))
    return `does not parse: ${parseProblem(parsed, place).message.replace(/^it: /, '')}`
  const handles = ['self', ...Object.keys(check.tables)]
  const [problem] = gateProblems(parsed, {
    ...place,
    relations: new Set(handles.map((handle) => relationKey([relationName(handle)]))),
    columns: new Set(table.columns.map(({ name }) => name.toLowerCase())),
    unknown: unknownBeside(handles.map((handle) => ({ handle, name: check.tables[handle] ?? table.name }))),
    volatile: false,
    params: params.length,
    functions,
  })
  if (problem) return `is refused: ${problem.message.replace(/^it: /, '')}`
  const empty = `(SELECT ${table.columns.map(nullOf).join(', ')} WHERE false)`
  const known = { ...otherRelations(table, others), [table.name]: empty }
  const query = checkQuery(check, empty, known)
  return query === undefined ? undefined : boundFault(connection, query, params)
}

async function boundFault(
  connection: Connection,
  query: string,
  params: Parameters<typeof bindParams>[0],
): Promise<string | undefined> {
  try {
    await connection.run(`DESCRIBE ${query}`, bindParams(params))
    return undefined
  } catch (error) {
    if (error instanceof FaultError) return `does not bind: ${firstLine(error.fault.message)}`
    if (error instanceof ProblemError) return `has a value that cannot be bound`
    throw error
  }
}
