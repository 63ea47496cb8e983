import { columnEdges, columnKey, edgesAmong, reached } from './column-graph.ts'
import type { ColumnEdge, ColumnRef, GraphStep, How } from './column-graph.ts'
import { readColumnName, type KnownTables, type NamedColumn } from './column-name.ts'

/** What a change of a table, a source or one of its columns would reach. */
export interface Impact {
  readonly of: NamedColumn
  /** Tables whose columns may change, nearest first. */
  readonly tables: readonly {
    readonly table: string
    readonly columns: readonly { readonly column: string; readonly how: How; readonly direct: boolean }[]
  }[]
  /** Steps that read what may change, nearest first. */
  readonly steps: readonly ImpactStep[]
  readonly flows: readonly string[]
  readonly edges: readonly ColumnEdge[]
}

export interface ImpactStep {
  readonly step: string
  readonly file: string
  /** The flows that it is in; none for a notebook that stands alone. */
  readonly flows: readonly string[]
  /** It reads the table itself. */
  readonly direct: boolean
  /** Nobody looked inside: a `run` notebook, or a query that could not be followed. */
  readonly opaque: boolean
}

/** Throws a ProblemError (`project/unknown`) for a name that no step reads or writes. */
export function impactOf(steps: readonly GraphStep[], known: KnownTables, name: string): Impact {
  const of = readColumnName(name, known)
  const from = columnsOf(of, known)
  const edges = columnEdges(steps)
  const found = reached(edges, from, 'down')
  const tables = new Map<string, Impact['tables'][number]['columns'][number][]>()
  for (const { table, column, how, direct } of found)
    tables.set(table, [...(tables.get(table) ?? []), { column, how, direct }])
  const readers = stepsThatRead(steps, from, found)
  return {
    of,
    tables: [...tables].map(([table, columns]) => ({ table, columns })),
    steps: readers,
    flows: [...new Set(readers.flatMap(({ flows }) => flows))],
    edges: edgesAmong(edges, [...from, ...found]),
  }
}

/** The columns that a name stands for. */
export function columnsOf({ table, column }: NamedColumn, known: KnownTables): ColumnRef[] {
  const columns = column === undefined ? (known.get(table) ?? []) : [column]
  return columns.map((each) => ({ table, column: each }))
}

function stepsThatRead(
  steps: readonly GraphStep[],
  from: readonly ColumnRef[],
  found: readonly ColumnRef[],
): ImpactStep[] {
  const near = new Set(from.map(columnKey))
  const order = new Map([...from, ...found].map((ref, at) => [columnKey(ref), at]))
  const readers = new Map<string, { readonly at: number; readonly step: ImpactStep }>()
  for (const step of steps) {
    const reads = step.inputs.flatMap(({ name, columns }) =>
      columns.map((column) => columnKey({ table: name, column })),
    )
    const at = Math.min(...reads.map((key) => order.get(key) ?? Infinity))
    if (at === Infinity) continue
    const key = JSON.stringify([step.file, step.name])
    const flows = [...(readers.get(key)?.step.flows ?? []), ...(step.flow === undefined ? [] : [step.flow])]
    const direct = reads.some((each) => near.has(each))
    const opaque = step.outputs.some(({ lineage }) => !lineage || lineage.approximate) || step.kind === 'run'
    readers.set(key, {
      at,
      step: { step: step.name, file: step.file, flows: [...new Set(flows)], direct, opaque },
    })
  }
  return [...readers.values()].toSorted((a, b) => a.at - b.at).map(({ step }) => step)
}
