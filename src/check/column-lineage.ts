import { columnEdges, edgesAmong, reached } from './column-graph.ts'
import type { ColumnEdge, ColumnRef, GraphStep, ReachedColumn } from './column-graph.ts'
import { readColumnName, type KnownTables } from './column-name.ts'
import { columnsOf } from './impact.ts'

/** Where columns come from, and where they go. */
export interface ColumnLineage {
  /** The columns that were asked for: one, or all of a table. */
  readonly of: readonly ColumnRef[]
  /** All that they are made from, nearest first. */
  readonly upstream: readonly ReachedColumn[]
  /** All that is made from them, nearest first. */
  readonly downstream: readonly ReachedColumn[]
  /** What flows from column to column among these. */
  readonly edges: readonly ColumnEdge[]
}

/** Throws a ProblemError (`project/unknown`) for a name that no step reads or writes. */
export function columnLineage(steps: readonly GraphStep[], known: KnownTables, name: string): ColumnLineage {
  const of = columnsOf(readColumnName(name, known), known)
  const edges = columnEdges(steps)
  const upstream = reached(edges, of, 'up')
  const downstream = reached(edges, of, 'down')
  const among = [...edgesAmong(edges, [...of, ...upstream]), ...edgesAmong(edges, [...of, ...downstream])]
  return { of, upstream, downstream, edges: [...new Set(among)] }
}
