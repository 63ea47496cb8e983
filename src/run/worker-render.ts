import { problemsOf, type Place, type Problem } from '../base/problem.ts'
import { placeInStack } from '../base/site.ts'
import { fromWire } from '../base/wire.ts'
import { notebookName } from '../flow/place.ts'
import { relativeTo } from '../notebook/load.ts'
import type { Rendered, WorkerCalls } from './protocol.ts'
import { renderSelects } from './render-selects.ts'
import { notebookIn } from './worker-notebook.ts'

type Ask = Parameters<WorkerCalls['render']>[0]
type Answer = ReturnType<WorkerCalls['render']>

/** Renders the queries of many notebooks. What one of them throws keeps no other from being rendered. */
export async function renderAll({
  projectRoot,
  asks,
}: Parameters<WorkerCalls['renderAll']>[0]): Promise<ReturnType<WorkerCalls['renderAll']>> {
  const rendered: Rendered[] = []
  for (const ask of asks) {
    try {
      rendered.push({ ...(await render({ ...ask, projectRoot })), problems: [] })
    } catch (error) {
      const where = { file: relativeTo(projectRoot, ask.file) }
      const problems = problemsOf(error)?.map((problem) =>
        'query' in problem ? problem : { where, ...problem },
      )
      rendered.push({ queries: [], problems: problems ?? [threw(error, where, projectRoot)] })
    }
  }
  return { rendered }
}

function threw(error: unknown, where: Place, root: string): Problem {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined }
  const place = placeInStack(`\n${stack ?? ''}`)
  return {
    code: 'step/threw',
    message: `a query of notebook '${notebookName(where.file)}' threw: ${message}`,
    where: place ? { ...place, file: relativeTo(root, place.file) } : where,
  }
}

/** Renders the queries of a `select` notebook with its args. */
export async function render(ask: Ask): Promise<Answer> {
  const { definition } = await notebookIn(ask)
  let readsPartition = false
  const queries = renderSelects(definition, {
    handles: ask.handles,
    args: fromWire(ask.args),
    env: fromWire(ask.env),
    file: relativeTo(ask.projectRoot, ask.file),
    partition: ask.partition,
    readsPartition: () => (readsPartition = true),
  })
  return { queries, readsPartition }
}
