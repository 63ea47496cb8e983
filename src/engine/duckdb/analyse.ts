import { problemsOf } from '../../base/problem.ts'
import type { Analysis, AnalysisRequest } from '../analysis.ts'
import type { SessionRequest } from '../engine.ts'
import { passQuery, type QueryRules } from './check-query.ts'
import { compareColumns, nullColumns } from './compare.ts'
import type { Connection } from './connection.ts'
import type { Functions } from './functions.ts'
import { inputViews } from './inputs.ts'

/** Binds a query against empty relations, and its columns against the contract of the output. */
export async function analyse(
  connection: Connection,
  functions: Functions,
  { query, inputs, output, volatile }: AnalysisRequest,
): Promise<Analysis> {
  const absent = inputs.map((input) => ({ ...input, from: { kind: 'absent' as const } }))
  const request: SessionRequest = { inputs: absent, outputs: [], volatile }
  const rules: QueryRules = { connection, functions, request }
  const subject = output ? `output table '${output.table.name}'` : 'query'
  try {
    for (const view of await inputViews(connection, absent)) await connection.run(view.sql)
    const passed = await passQuery(rules, query, { subject, handle: output?.handle ?? '', text: query.text })
    const columns = passed.columns.map(({ name, type }) => ({ name, type }))
    const problems = output
      ? compareColumns(output.table, passed.columns, nullColumns(passed.parsed, query))
      : []
    return { problems, columns }
  } catch (error) {
    const problems = problemsOf(error)
    if (!problems) throw error
    return { problems, columns: [] }
  }
}
