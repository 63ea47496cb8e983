import type { DuckDBInstance } from '@duckdb/node-api'
import type { Batch } from '../engine.ts'
import { Connection } from './connection.ts'
import { decodeVector, type ColumnOut } from './decode.ts'
import type { InputView } from './inputs.ts'
import type { Params } from './params.ts'

/** A query whose rows go to JavaScript. */
export interface RowsOut {
  readonly query: string
  readonly params?: Params
  /** How a column is read, by its name. */
  readonly column: (name: string) => ColumnOut
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
