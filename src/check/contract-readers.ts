import type { DeclaredTable } from '../contract/spec.ts'
import type { DeclaredFlow } from '../flow/declared.ts'
import type { ContractReader } from './contract-change.ts'

/** Who reads which columns of which tables, in some flows. A step that two flows place stands there twice. */
export function readersOf(flows: readonly DeclaredFlow[]): ContractReader[] {
  return flows.flatMap((flow) =>
    flow.steps.flatMap((step) =>
      step.inputs
        .filter(({ kind }) => kind === 'table')
        .map(({ name, columns }) => ({
          table: name,
          columns: columns.map((column) => column.name),
          step: step.name,
          flow: flow.name,
          file: step.file,
        })),
    ),
  )
}

/** The tables that steps write, by name: each once, since a table has one owner. */
export function writtenTables(flows: readonly DeclaredFlow[]): DeclaredTable[] {
  const tables = new Map<string, DeclaredTable>()
  for (const flow of flows)
    for (const step of flow.steps)
      for (const { table } of step.outputs) if (!tables.has(table.name)) tables.set(table.name, table)
  return [...tables.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
