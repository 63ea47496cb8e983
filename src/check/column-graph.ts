import type { QueryLineage } from '../engine/analysis.ts'

/** A column of a table or source. */
export interface ColumnRef {
  readonly table: string
  readonly column: string
}

/** What the graph is told of a step. */
export interface GraphStep {
  /** Left out for a notebook that is in no flow. */
  readonly flow?: string
  readonly name: string
  readonly file: string
  readonly kind: 'select' | 'run' | 'deliver'
  readonly inputs: readonly {
    readonly handle: string
    readonly name: string
    /** The columns that the notebook picks. */
    readonly columns: readonly string[]
  }[]
  readonly outputs: readonly {
    readonly table: string
    readonly columns: readonly string[]
    /** Left out for a `run` notebook, and for a query that does not bind. */
    readonly lineage?: QueryLineage
  }[]
}

/** Whether the values of a column flow into another, or only decide which rows it has. */
export type How = 'value' | 'rows'

export interface ColumnEdge {
  readonly from: ColumnRef
  readonly to: ColumnRef
  readonly how: How
  readonly step: string
  readonly file: string
  /** Nobody looked inside of the step: each output column is taken to depend on each column that it picks. */
  readonly opaque?: true
}

/** All that flows from column to column through the steps of a project, each edge once. */
export function columnEdges(steps: readonly GraphStep[]): ColumnEdge[] {
  const edges = new Map<string, ColumnEdge>()
  for (const step of steps)
    for (const output of step.outputs)
      for (const edge of outputEdges(step, output)) {
        // A step in two flows is one step.
        const key = JSON.stringify([edge.from, edge.to, edge.file, edge.step])
        if (!edges.has(key) || edge.how === 'value') edges.set(key, edge)
      }
  return [...edges.values()]
}

function outputEdges(step: GraphStep, output: GraphStep['outputs'][number]): ColumnEdge[] {
  const { table, columns, lineage } = output
  const through = { step: step.name, file: step.file }
  if (!lineage || lineage.approximate) {
    const picked = step.inputs.flatMap(({ name, columns: from }) =>
      from.map((column) => ({ table: name, column })),
    )
    return columns.flatMap((column) =>
      picked.map((from) => ({
        from,
        to: { table, column },
        how: 'value' as const,
        ...through,
        opaque: true as const,
      })),
    )
  }
  const source = new Map(step.inputs.map(({ handle, name }) => [handle, name]))
  return columns.flatMap((column) => {
    const to = { table, column }
    const edge = (how: How) => (from: { handle: string; column: string }) => ({
      from: { table: source.get(from.handle) ?? from.handle, column: from.column },
      to,
      how,
      ...through,
    })
    // Values last: they replace an edge of rows between the same columns.
    return [...lineage.rows.map(edge('rows')), ...(lineage.columns[column] ?? []).map(edge('value'))]
  })
}

/** A column that is reached from others. */
export interface ReachedColumn extends ColumnRef {
  /** `value` when there is a way on which values alone flow. */
  readonly how: How
  /** Through one step. */
  readonly direct: boolean
}

export type Direction = 'up' | 'down'

/** Everything that columns are made from, or flow into; nearest first. */
export function reached(
  edges: readonly ColumnEdge[],
  from: readonly ColumnRef[],
  direction: Direction,
): ReachedColumn[] {
  const [here, there] = direction === 'up' ? (['to', 'from'] as const) : (['from', 'to'] as const)
  const next = new Map<string, ColumnEdge[]>()
  for (const edge of edges) {
    const key = columnKey(edge[here])
    next.set(key, [...(next.get(key) ?? []), edge])
  }
  const start = new Set(from.map(columnKey))
  const walk = (follows: (edge: ColumnEdge) => boolean) => {
    const found = new Map<string, { readonly ref: ColumnRef; readonly direct: boolean }>()
    const queue = [...start].map((key) => ({ key, direct: true }))
    for (const { key, direct } of queue)
      for (const edge of next.get(key) ?? []) {
        const other = columnKey(edge[there])
        if (!follows(edge) || found.has(other) || start.has(other)) continue
        found.set(other, { ref: edge[there], direct })
        queue.push({ key: other, direct: false })
      }
    return found
  }
  const values = walk(({ how }) => how === 'value')
  return [...walk(() => true)].map(([key, { ref, direct }]) => ({
    ...ref,
    how: values.has(key) ? 'value' : 'rows',
    direct,
  }))
}

/** The edges between columns of a set. */
export function edgesAmong(edges: readonly ColumnEdge[], columns: readonly ColumnRef[]): ColumnEdge[] {
  const keys = new Set(columns.map(columnKey))
  return edges.filter(({ from, to }) => keys.has(columnKey(from)) && keys.has(columnKey(to)))
}

export function columnKey({ table, column }: ColumnRef): string {
  return JSON.stringify([table, column])
}
