import type { Problem } from '../base/problem.ts'
import { changesHandle, changesOf, type ChangeSide } from '../contract/changes.ts'
import type { AnalysedInput, InputColumn, QueryLineage } from '../engine/analysis.ts'
import type { DeclaredStep } from '../flow/declared.ts'
import type { TracedQuery } from './protocol.ts'

const sides: readonly ChangeSide[] = ['added', 'removed']

/** What the queries of a step can read: of an incremental one also what changed of its inputs. */
export function withChanges(step: DeclaredStep, inputs: readonly AnalysedInput[]): readonly AnalysedInput[] {
  if (!step.incremental) return inputs
  return inputs.flatMap((input) => [
    input,
    ...sides.map((side) => ({ ...input, handle: changesHandle(input.handle, side) })),
  ])
}

/** What changed of an input is of the input. */
export function throughChanges(lineage: QueryLineage): QueryLineage {
  const through = (columns: readonly InputColumn[]) => {
    const found = columns.map(({ handle, column }) => ({
      handle: changesOf(handle)?.handle ?? handle,
      column,
    }))
    return [...new Map(found.map((each) => [JSON.stringify(each), each])).values()]
  }
  const columns = Object.entries(lineage.columns).map(([name, from]) => [name, through(from)])
  return {
    ...lineage,
    columns: Object.fromEntries(columns) as QueryLineage['columns'],
    rows: through(lineage.rows),
  }
}

/** Warns of an incremental step whose queries read no changes. */
export function withoutChanges(step: DeclaredStep, queries: readonly TracedQuery[]): Problem[] {
  const reads = queries.some(({ query }) => query.relations.some((handle) => changesOf(handle)))
  if (!step.incremental || reads) return []
  return [
    {
      code: 'notebook/incremental',
      severity: 'warn',
      message: `step '${step.name}': it is incremental, and none of its queries reads changes`,
      where: { file: step.file },
      hint: 'read ${input.changes().added}, or leave out `incremental`: all is computed anew each time',
    },
  ]
}
