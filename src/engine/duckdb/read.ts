import type { DuckDBInstance } from '@duckdb/node-api'
import { InternalError } from '../../base/problem.ts'
import { relationName } from '../../contract/render.ts'
import type { Batch, BoundInput } from '../engine.ts'
import { Connection } from './connection.ts'
import { decodeVector, type ColumnOut } from './decode.ts'
import type { InputView } from './inputs.ts'
import type { Params } from './params.ts'
import { quoteName } from './sql-text.ts'

/** A query whose rows go to JavaScript. */
export interface RowsOut {
  readonly query: string
  readonly params?: Params
  /** How a column is read, by its name. */
  readonly column: (name: string) => ColumnOut
}

/** All rows of an input, and how messages call it. */
export function inputOut(
  inputs: readonly BoundInput[],
  handle: string,
): { readonly subject: string; readonly out: RowsOut } {
  const input = inputs.find((item) => item.handle === handle)
  if (!input) throw new InternalError(`a step has no input '${handle}'`)
  const subject = `input table '${input.name}'`
  const column = (name: string): ColumnOut => {
    const readAs = input.columns.find((item) => item.name === name)?.readAs
    return { subject: `${subject}: column '${name}'`, ...(readAs && { readAs }) }
  }
  return { subject, out: { query: `FROM ${quoteName(relationName(handle))}`, column } }
}

/**
 * Streams rows on a connection of their own, because a statement beside a stream would end it. `opened` and
 * `closed` tell the session, which must be able to interrupt it.
 */
export async function* readBatches(
  instance: DuckDBInstance,
  views: readonly InputView[],
  out: RowsOut,
  { opened, closed }: { opened: (connection: Connection) => void; closed: (connection: Connection) => void },
): AsyncGenerator<Batch, void> {
  const connection = await Connection.open(instance)
  opened(connection)
  try {
    for (const view of views) await connection.run(view.sql)
    const { result, chunks } = await connection.stream(out.query, out.params)
    const names = result.columnNames()
    const columns = names.map(out.column)
    for await (const chunk of chunks) {
      const values = columns.map((column, at) => decodeVector(chunk.getColumnVector(at), column))
      yield { rows: chunk.rowCount, names, columns: values }
    }
  } finally {
    closed(connection)
    await connection.close()
  }
}
