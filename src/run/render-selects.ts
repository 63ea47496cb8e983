import { ProblemError } from '../base/problem.ts'
import type { LooseDefinition } from '../contract/notebook.ts'
import { renderTraced } from '../contract/render.ts'
import { pieceOf, Relation } from '../contract/sql.ts'
import type { TracedQuery } from './protocol.ts'

/** What the queries of a notebook are rendered with. */
export interface RenderParts {
  readonly handles: readonly { readonly handle: string; readonly columns: readonly string[] }[]
  readonly args: unknown
  readonly env: unknown
  /** The notebook's file, for messages. */
  readonly file: string
}

/** Renders the queries of a `select` notebook. Throws a ProblemError for one that is no query. */
export function renderSelects(definition: LooseDefinition, parts: RenderParts): TracedQuery[] {
  const inputs = Object.fromEntries(
    parts.handles.map(({ handle, columns }) => [handle, new Relation(handle, columns)]),
  )
  return Object.entries(definition.select ?? {}).map(([handle, select]) => {
    const query = select(inputs, parts.args, { env: parts.env })
    if (pieceOf(query) === 'sql') return { handle, ...renderTraced(query) }
    throw new ProblemError({
      code: 'notebook/kind',
      message: `the query of output '${handle}' is not made with sql\`...\``,
      where: { file: parts.file },
    })
  })
}
