import type { DuckDBDataChunk, DuckDBVector } from '@duckdb/node-api'
import { InternalError, problemsOf, type Problem } from '../../base/problem.ts'
import type { DeclaredColumn, DeclaredTable } from '../../contract/spec.ts'
import type { KeptRows, OutputTarget, StagedOutput } from '../engine.ts'
import { cellOf } from './cell.ts'
import type { Connection } from './connection.ts'
import { decodeVector } from './decode.ts'
import type { Gathering } from './gather.ts'
import { givenOthers, type GivenTables } from './given.ts'
import { ruledRows } from './rules.ts'
import { quoteName } from './sql-text.ts'
import { parseType } from './types.ts'
import { rowViolations } from './violations.ts'

/** Checks an output whose rows stay in memory, all of its contract at once. */
export async function keepOutput(
  connection: Connection,
  target: OutputTarget,
  given: GivenTables,
  gathered: () => Promise<Gathering>,
): Promise<StagedOutput | readonly Problem[]> {
  try {
    const { relation } = await (await gathered()).rows()
    const others = givenOthers(target.otherInputs ?? {}, given)
    const ruled = { ...ruledRows(target, relation), others: { ...others, [target.table.name]: relation } }
    const problems = await rowViolations(connection, ruled)
    if (problems.length > 0) return problems
    const rows = Number((await connection.row(`SELECT count(*) AS n FROM ${relation}`))['n'])
    return { handle: target.handle, files: [], rows, bytes: 0, stats: {} }
  } catch (error) {
    const problems = problemsOf(error)
    if (problems === undefined) throw error
    return problems
  }
}

/** The rows of an output that was kept. */
export async function keptRows(
  connection: Connection,
  table: DeclaredTable,
  gathering: Gathering | undefined,
): Promise<KeptRows> {
  if (!gathering) throw new InternalError(`nothing is kept of table '${table.name}'`)
  const names = table.columns.map(({ name }) => quoteName(name)).join(', ')
  const { relation } = await gathering.rows()
  // Not a stream, which another statement on this connection would end.
  const result = await connection.run(`SELECT ${names} FROM ${relation}`)
  const kept = await result.fetchAllChunks()
  return {
    cells: kept.flatMap((chunk) =>
      rowsIn(chunk, ({ type }, vector) => {
        const parsed = parseType(type)
        return Array.from({ length: vector.itemCount }, (_, at) => cellOf(vector.getItem(at), parsed))
      }),
    ),
    rows: () => kept.flatMap((chunk) => rowsIn(chunk, decoded)).map(named),
  }

  function rowsIn<T>(chunk: DuckDBDataChunk, read: (column: DeclaredColumn, vector: DuckDBVector) => T[]) {
    const columns = table.columns.map((column, at) => read(column, chunk.getColumnVector(at)))
    return Array.from({ length: chunk.rowCount }, (_, row) => columns.map((values) => values[row] as T))
  }

  function decoded({ name, readAs }: DeclaredColumn, vector: DuckDBVector): unknown[] {
    const subject = `output table '${table.name}': column '${name}'`
    return decodeVector(vector, { subject, ...(readAs && { readAs }) })
  }

  function named(row: readonly unknown[]): Record<string, unknown> {
    return Object.fromEntries(table.columns.map(({ name }, at) => [name, row[at]]))
  }
}
