import type { Problem } from '../base/problem.ts'
import { columnEdges, reached } from '../check/column-graph.ts'
import type { ColumnRef } from '../check/column-graph.ts'
import type { KnownTables } from '../check/column-name.ts'
import type { ContractChange } from '../check/contract-change.ts'
import type { TableDiff } from './diff-result.ts'
import { columnSteps } from './lineage.ts'
import type { ProjectOptions } from './options.ts'

/** Columns of a table downstream. */
export interface ReachedTable {
  readonly table: string
  readonly columns: readonly string[]
}

/**
 * What changed tables reach: for each, the columns downstream of those that changed. Rows that were added or
 * removed change all columns; a new column, or one that only people read of, reaches nothing.
 */
export async function reachedTables(
  { projectRoot }: ProjectOptions,
  changes: readonly ContractChange[],
  diffs: readonly TableDiff[],
): Promise<{ reaches: { [table: string]: ReachedTable[] }; problems: readonly Problem[] }> {
  const differ = diffs.filter(({ same }) => !same)
  const names = new Set([...changes.map(({ table }) => table), ...differ.map(({ table }) => table)])
  if (names.size === 0) return { reaches: {}, problems: [] }
  const { steps, known, problems } = await columnSteps(projectRoot === undefined ? {} : { projectRoot })
  const edges = columnEdges(steps)
  const reaches = [...names].map((table): [string, ReachedTable[]] => {
    const found = reached(edges, changedColumns(table, changes, differ, known), 'down')
    const tables = [...new Set(found.map((each) => each.table))].filter((name) => name !== table)
    const columnsOf = (name: string) =>
      found.filter((each) => each.table === name).map(({ column }) => column)
    return [table, tables.map((name) => ({ table: name, columns: columnsOf(name) }))]
  })
  return { reaches: Object.fromEntries(reaches), problems }
}

/** The columns of a table that changed, those that it had included. */
function changedColumns(
  table: string,
  changes: readonly ContractChange[],
  diffs: readonly TableDiff[],
  known: KnownTables,
): ColumnRef[] {
  const own = changes.filter((change) => change.table === table && change.level !== 'neutral')
  const diff = diffs.find((each) => each.table === table)
  const whole =
    own.some(({ column }) => column === undefined) || (diff && diff.rows.added + diff.rows.removed > 0)
  const columns = whole
    ? [...(known.get(table) ?? []), ...own.map(({ column = '' }) => column)]
    : [
        ...own.filter(({ kind }) => kind !== 'column-added').map(({ column = '' }) => column),
        ...(diff?.rows.columns.map(({ column }) => column) ?? []),
      ]
  return [...new Set(columns)].map((column) => ({ table, column }))
}
