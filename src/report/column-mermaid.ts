import { columnKey, type ColumnEdge, type ColumnRef } from '../check/column-graph.ts'

/**
 * Columns in their tables as a Mermaid flowchart (mermaid.js.org): values along full arrows, what only decides rows
 * along dotted ones, to the table.
 */
export function columnMermaid(of: readonly ColumnRef[], edges: readonly ColumnEdge[]): string {
  const columns = new Map(
    [...of, ...edges.flatMap(({ from, to }) => [from, to])].map((ref) => [columnKey(ref), ref]),
  )
  const tables = [...new Set([...columns.values()].map(({ table }) => table))]
  const keys = [...columns.keys()]
  const id = (ref: ColumnRef) => `c${keys.indexOf(columnKey(ref))}`
  const label = (text: string) => text.replaceAll('"', '#quot;')
  const boxes = tables.flatMap((table, at) => [
    `  subgraph t${at}["${label(table)}"]`,
    ...[...columns.values()]
      .filter((ref) => ref.table === table)
      .map((ref) => `    ${id(ref)}["${label(ref.column)}"]`),
    '  end',
  ])
  const arrows = edges.map(({ from, to, how, step }) =>
    how === 'value'
      ? `  ${id(from)} -->|"${label(step)}"| ${id(to)}`
      : `  ${id(from)} -.->|"${label(step)}"| t${tables.indexOf(to.table)}`,
  )
  return `${['flowchart LR', ...boxes, ...new Set(arrows)].join('\n')}\n`
}
