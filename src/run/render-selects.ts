import { ProblemError } from '../base/problem.ts'
import { ChangingRelation, WholeRelation } from '../contract/changes.ts'
import type { LooseDefinition } from '../contract/notebook.ts'
import { partitionSeen, type PartitionTold } from '../contract/partition-told.ts'
import { renderTraced } from '../contract/render.ts'
import { pieceOf } from '../contract/sql.ts'
import type { TracedQuery } from './protocol.ts'

/** What the queries of a notebook are rendered with. */
export interface RenderParts {
  readonly handles: readonly { readonly handle: string; readonly columns: readonly string[] }[]
  readonly args: unknown
  readonly env: unknown
  /** The notebook's file, for messages. */
  readonly file: string
  /** The partition that is computed. */
  readonly partition?: PartitionTold | undefined
  /** Called when a query looks at the partition. */
  readonly readsPartition?: () => void
}

/**
 * Renders the queries of a notebook: those of its outputs, then those of the keys that they lose. Throws a
 * ProblemError for one that is no query.
 */
export function renderSelects(definition: LooseDefinition, parts: RenderParts): TracedQuery[] {
  const { incremental, select = {}, deletes = {} } = definition
  const kind = incremental === undefined ? WholeRelation : ChangingRelation
  const inputs = Object.fromEntries(
    parts.handles.map(({ handle, columns }) => [handle, new kind(handle, columns)]),
  )
  const seen = parts.partition && partitionSeen(parts.partition)
  const context = {
    env: parts.env,
    get partition() {
      parts.readsPartition?.()
      return seen
    },
  }
  const render = (handle: string, make: NonNullable<LooseDefinition['select']>[string], what: string) => {
    const query = make(inputs, parts.args, context)
    if (pieceOf(query) === 'sql') return { handle, ...renderTraced(query) }
    throw new ProblemError({
      code: 'notebook/kind',
      message: `the ${what} of output '${handle}' is not made with sql\`...\``,
      where: { file: parts.file },
    })
  }
  return [
    ...Object.entries(select).map(([handle, make]) => render(handle, make, 'query')),
    ...Object.entries(deletes).map(([handle, make]) => ({
      ...render(handle, make, 'query of deletes'),
      takesOut: true as const,
    })),
  ]
}
