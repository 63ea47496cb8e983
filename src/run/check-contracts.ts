import type { Problem } from '../base/problem.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import { tableKey, type CheckCache } from './check-cache.ts'
import type { DeclareParts, FoundStep } from './check-declare.ts'

/** Binds the conditions of all tables that steps write to their columns, each contract once. */
export async function checkConditions(
  steps: readonly FoundStep[],
  cache: CheckCache,
  { pools }: DeclareParts,
): Promise<Problem[]> {
  const tables = new Map<string, DeclaredTable>()
  for (const { step } of steps) {
    for (const { table } of step.outputs) if (table.checks.length > 0) tables.set(tableKey(table), table)
  }
  const stale = [...tables].filter(([key]) => cache.get(key) === undefined)
  if (stale.length > 0) {
    const ask = { tables: stale.map(([, table]) => table) }
    const { problems } = await pools.get().engine().call('conditions', ask)
    for (const [at, [key]] of stale.entries()) cache.keep(key, { problems: problems[at] ?? [], queries: 0 })
  }
  return [...tables.keys()].flatMap((key) => cache.get(key)?.problems ?? [])
}
