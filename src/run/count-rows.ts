import { sql, Relation } from '../contract/sql.ts'
import { renderQuery } from '../contract/render.ts'
import type { BoundInput, Engine } from '../engine/engine.ts'

/** The number of rows of inputs, by handle: what their files hold, read as a step reads them. */
export async function countRows(
  engine: Engine,
  inputs: readonly BoundInput[],
  signal: AbortSignal,
): Promise<{ rows: Record<string, number> }> {
  const session = await engine.session({ inputs, outputs: [], volatile: false })
  const interrupt = () => session.interrupt()
  signal.addEventListener('abort', interrupt, { once: true })
  try {
    const rows: Record<string, number> = {}
    for (const { handle, columns } of inputs) {
      const relation = new Relation(
        handle,
        columns.map(({ name }) => name),
      )
      const query = renderQuery(sql`SELECT count(*) AS n FROM ${relation}`)
      for await (const batch of session.query(query)) rows[handle] = Number(batch.columns[0]?.[0])
    }
    return { rows }
  } finally {
    signal.removeEventListener('abort', interrupt)
    await session.close()
  }
}
