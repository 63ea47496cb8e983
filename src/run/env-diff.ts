import { diffContracts } from '../check/contract-diff.ts'
import type { ContractChange } from '../check/contract-change.ts'
import type { EnvState, Head } from '../lake/types.ts'
import { openEnvPlace, stateOf } from './env-place.ts'
import type { PlaceOptions } from './env-place.ts'
import { publishedContracts } from './published-contracts.ts'

/** A table on one side of a comparison. */
export interface SideTable {
  /** `silver.trips@3` in that environment. */
  readonly seq: number
  readonly version: string
  readonly rows: number
}

/** A table of two environments: the same version, another one, or only on one side. */
export interface EnvironmentTable {
  readonly table: string
  readonly is: 'same' | 'other' | 'only-before' | 'only-after'
  readonly before?: SideTable
  readonly after?: SideTable
}

export interface EnvironmentDiff {
  readonly before: string
  readonly after: string
  readonly tables: readonly EnvironmentTable[]
  /** How the contracts of tables that differ do: columns, types, NULL and keys, as far as versions keep them. */
  readonly contracts: readonly ContractChange[]
}

/**
 * How the heads of two environments differ. No rows are read: `diffAll` compares them.
 *
 * @throws ProblemError `project/unknown`, `storage/corrupt`
 */
export async function diffEnvironments(
  before: string,
  after: string,
  options: PlaceOptions = {},
): Promise<EnvironmentDiff> {
  const place = await openEnvPlace(options)
  try {
    const [one, two] = [await stateOf(place, before), await stateOf(place, after)]
    const tables = tablesOf(one, two)
    const differ = tables.flatMap(({ is, table }) => (is === 'same' ? [] : [table]))
    const contracts = diffContracts(
      await publishedContracts(place.lake, one.heads, differ),
      await publishedContracts(place.lake, two.heads, differ),
    )
    return { before, after, tables, contracts }
  } finally {
    await place.close()
  }
}

function tablesOf(one: EnvState, two: EnvState): EnvironmentTable[] {
  const names = [...new Set([...one.heads.keys(), ...two.heads.keys()])].toSorted()
  return names.map((table) => {
    const [before, after] = [one.heads.get(table), two.heads.get(table)]
    const is = !before ? 'only-after' : !after ? 'only-before' : sameness(before, after)
    return { table, is, ...(before && { before: sideOf(before) }), ...(after && { after: sideOf(after) }) }
  })
}

function sameness(one: Head, two: Head): 'same' | 'other' {
  return one.version === two.version ? 'same' : 'other'
}

/** A head as one side of a comparison. */
export function sideOf({ seq, version, rows }: Head): SideTable {
  return { seq, version, rows }
}
