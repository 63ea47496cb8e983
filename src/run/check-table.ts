import { emptyRecord } from '../base/record.ts'
import { tablesInChecks } from '../contract/check-form.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import type { CheckResult, Engine } from '../engine/engine.ts'
import type { Lake } from '../lake/lake.ts'
import type { EnvState } from '../lake/types.ts'

/** A published table with what became of each of its checks. */
export interface CheckedTable {
  readonly table: string
  /** Undefined when the environment has no such table: then nothing was checked. */
  readonly version?: string
  /** `silver.trips@3` */
  readonly seq?: number
  readonly checks: readonly CheckResult[]
}

/**
 * Makes all checks of a declared table over the version that an environment has of it: conditions, keys,
 * references, NULLs, and those of the whole table. Rows that a check would reject count as failed: a version that
 * was written under this contract has none. Throws a ProblemError for checks that do not fit the table.
 *
 * @param now milliseconds since 1970, for checks of age
 */
export async function checkTable(
  { engine, lake, state }: { readonly engine: Engine; readonly lake: Lake; readonly state: EnvState },
  table: DeclaredTable,
  now: number = Date.now(),
): Promise<CheckedTable> {
  const head = state.heads.get(table.name)
  if (!head) return { table: table.name, checks: [] }
  const filesOf = async (name: string) => {
    const of = state.heads.get(name)
    return of === undefined ? [] : lake.headFiles(name, of)
  }
  const others = emptyRecord<readonly string[]>()
  for (const name of tablesInChecks(table)) if (state.heads.has(name)) others[name] = await filesOf(name)
  const checks = await engine.check({ table, files: await filesOf(table.name), others, now })
  return { table: table.name, version: head.version, seq: head.seq, checks }
}
