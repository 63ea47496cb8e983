import { anyPartition } from './render-queries.ts'
import path from 'node:path'
import type { DeclaredStep } from '../flow/declared.ts'
import type { DeclareParts } from './check-declare.ts'
import { endedProblem, within } from './check-limit.ts'
import type { Rendered, RenderAsk } from './protocol.ts'

/**
 * The queries of `select` steps, by one worker in one message. Where that ends the process or takes too long, each
 * step is asked by itself, which tells the one that does it.
 */
export async function renderSteps(
  steps: readonly DeclaredStep[],
  parts: DeclareParts,
): Promise<readonly Rendered[]> {
  const { space, pools, limit } = parts
  const asks = steps.map((step) => renderAsk(step, space.root))
  try {
    const answer = await within(limit, pools, (timed) =>
      timed(() => pools.get().renderer().call('renderAll', { projectRoot: space.root, asks })),
    )
    return answer.rendered
  } catch (error) {
    const problem = endedProblem(error, steps[0]?.file ?? '', limit)
    if (!problem) throw error
    if (steps.length === 1) return [{ queries: [], problems: [problem] }]
  }
  const rendered: Rendered[] = []
  for (const step of steps) rendered.push(...(await renderSteps([step], parts)))
  return rendered
}

/** How a worker is asked for the queries of a step. */
function renderAsk(step: DeclaredStep, root: string): RenderAsk {
  const handles = step.inputs.map(({ handle, columns }) => ({
    handle,
    columns: columns.map(({ name }) => name),
  }))
  const partition = anyPartition(step)
  const asked = { file: path.join(root, step.file), handles, args: step.args, env: step.env }
  return { ...asked, ...(partition && { partition }) }
}
