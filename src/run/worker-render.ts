import { ProblemError } from '../base/problem.ts'
import { fromWire } from '../base/wire.ts'
import { renderQuery } from '../contract/render.ts'
import { pieceOf, Relation } from '../contract/sql.ts'
import { relativeTo } from '../notebook/load.ts'
import type { WorkerCalls } from './protocol.ts'
import { notebookIn } from './worker-notebook.ts'

type Ask = Parameters<WorkerCalls['render']>[0]
type Answer = ReturnType<WorkerCalls['render']>

/** Renders the queries of a `select` notebook with its args. */
export async function render(ask: Ask): Promise<Answer> {
  const { definition } = await notebookIn(ask)
  const inputs = Object.fromEntries(
    ask.handles.map(({ handle, columns }) => [handle, new Relation(handle, columns)]),
  )
  const context = { env: fromWire(ask.env) }
  const queries = Object.entries(definition.select ?? {}).map(([handle, select]) => {
    const query = select(inputs, fromWire(ask.args), context)
    if (pieceOf(query) === 'sql') return { handle, query: renderQuery(query) }
    throw new ProblemError({
      code: 'notebook/kind',
      message: `the query of output '${handle}' is not made with sql\`...\``,
      where: { file: relativeTo(ask.projectRoot, ask.file) },
    })
  })
  return { queries }
}
