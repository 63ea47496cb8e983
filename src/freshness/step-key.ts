import { targetOf, type Sink } from '../contract/sink.ts'
import type { DeclaredStep } from '../flow/declared.ts'

/**
 * Under which name an environment remembers a step. A table has one owner, so the tables that a step writes
 * identify it: renaming a step or a flow, or using a step in two flows, makes nothing stale. A step without
 * outputs is known by its flow and name, a delivery by its target.
 */
export function stepKey(step: DeclaredStep, flow: string): string {
  if (step.sink) return deliveryKey(step.sink)
  const tables = step.outputs.map(({ table }) => table.name).toSorted()
  return tables.length > 0 ? tables.join(',') : `${flow}:${step.name}`
}

/** The folder under `tables/` of a table of a step: the notebook's path, unless the table says its own. */
export function tableFolder(step: DeclaredStep, table: { readonly path?: string }): string {
  return table.path ?? step.notebook
}

/** Under which name an environment remembers the delivery to a target. */
export function deliveryKey(sink: Sink): string {
  return `deliver:${targetOf(sink)}`
}
