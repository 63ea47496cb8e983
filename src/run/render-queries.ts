import path from 'node:path'
import { examplePartition, type PartitionTold } from '../contract/partition-told.ts'
import type { DeclaredStep } from '../flow/declared.ts'
import { ChildEnded, type Printed } from './child.ts'
import { killLate } from './kill-late.ts'
import type { Pool } from './pool.ts'
import type { TracedQuery, WorkerCalls } from './protocol.ts'

/** Some partition of a step that works by partition. */
export function anyPartition({ partition, outputs }: DeclaredStep): PartitionTold | undefined {
  return partition && examplePartition(partition, outputs[0]?.table.columns ?? [])
}

/** The queries of a `select` step, rendered by a worker. */
export async function renderQueries(
  ...call: Parameters<typeof renderLooking>
): Promise<readonly TracedQuery[]> {
  return (await renderLooking(...call)).queries
}

/** The same, with whether they look at the partition. */
export async function renderLooking(
  pool: Pool,
  root: string,
  step: DeclaredStep,
  signal: AbortSignal,
  printed: Printed,
  partition = anyPartition(step),
): Promise<ReturnType<WorkerCalls['render']>> {
  const handles = step.inputs.map(({ handle, columns }) => ({
    handle,
    columns: columns.map(({ name }) => name),
  }))
  const { args, env } = step
  const ask = {
    file: path.join(root, step.file),
    projectRoot: root,
    handles,
    args,
    env,
    ...(partition && { partition }),
  }
  for (let tried = 1; ; tried++) {
    const worker = pool.renderer()
    try {
      return await killLate(worker, signal, worker.call('render', ask, { signal, printed }))
    } catch (error) {
      // Another step's code may have ended the process that all share.
      if (!(error instanceof ChildEnded) || signal.aborted || tried === 3) throw error
    }
  }
}
