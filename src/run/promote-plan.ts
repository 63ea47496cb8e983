import { diffContracts } from '../check/contract-diff.ts'
import type { ContractChange } from '../check/contract-change.ts'
import type { Problem } from '../base/problem.ts'
import { heldTables } from '../lake/held.ts'
import type { CommitRef, EnvState, Head } from '../lake/types.ts'
import { closeAll } from './close-all.ts'
import type { TableDiff } from './diff-result.ts'
import { diffPresence, diffVersions } from './diff-tables.ts'
import { sideOf, type SideTable } from './env-diff.ts'
import type { EnvPlace } from './env-place.ts'
import { openLakeReader } from './lake-reader.ts'
import { foundHead } from './lake-table.ts'
import { staleAfter, type PromoteSet } from './promote-set.ts'
import { publishedContracts } from './published-contracts.ts'

/** A table that a promote would set. */
export interface PromotedTable {
  readonly table: string
  /** `same`: the version stays, and newer code or other inputs have been found to give the same rows. */
  readonly is: 'new' | 'changed' | 'same'
  readonly before?: SideTable
  readonly after: SideTable
  /** It was not named, and comes along because a step writes it with one that was. */
  readonly along: boolean
}

/** What a promote would do: nothing is copied, nothing computed. */
export interface PromotePlan {
  readonly from: CommitRef
  readonly to: CommitRef
  readonly tables: readonly PromotedTable[]
  /** Steps without tables, whose records come along. */
  readonly steps: readonly string[]
  /** How contracts change, as far as published versions keep them. */
  readonly contracts: readonly ContractChange[]
  /** How rows change; left out when not asked for, or when the promote is refused. */
  readonly data?: readonly TableDiff[]
  /** Steps of the target that a run there would look at again, because a table that they read changes. */
  readonly stale: readonly { readonly step: string; readonly table: string }[]
  /** Tables that were restored in the target, and are held no longer. */
  readonly released: readonly string[]
  /** Why it is refused. */
  readonly problems: readonly Problem[]
}

/** Joins what a promote would change, in contracts and rows. */
export async function planOf(
  place: EnvPlace,
  source: EnvState,
  target: EnvState,
  set: PromoteSet,
  { problems, examples }: { readonly problems: readonly Problem[]; readonly examples: number | undefined },
): Promise<PromotePlan> {
  const tables = promotedTables(target, set)
  const names = tables.flatMap(({ table, is }) => (is === 'same' ? [] : [table]))
  const held = heldTables(target)
  // Damage is told already; contracts of what cannot be read are not.
  const sound = problems.every(({ code }) => code !== 'storage/corrupt')
  const contracts = sound
    ? diffContracts(
        await publishedContracts(
          place.lake,
          target.heads,
          names.filter((name) => target.heads.has(name)),
        ),
        await publishedContracts(place.lake, source.heads, names),
      )
    : []
  const wanted = examples !== undefined && problems.length === 0
  const data = wanted ? await dataOf(place, source, target, names, examples) : undefined
  return {
    from: { env: source.env, commit: source.commit },
    to: { env: target.env, commit: target.commit },
    tables,
    steps: set.steps.flatMap(({ record, heads }) => (record && heads.size === 0 ? [record.step] : [])),
    // What is new breaks nobody.
    contracts: contracts.filter(({ kind }) => kind !== 'table-added'),
    ...(data && { data }),
    stale: staleAfter(target, set),
    released: tables.flatMap(({ table }) => (held.has(table) ? [table] : [])),
    problems,
  }
}

function promotedTables(target: EnvState, { steps, along }: PromoteSet): PromotedTable[] {
  return steps
    .flatMap(({ heads }) => [...heads])
    .map(([table, head]): PromotedTable => {
      const before = target.heads.get(table)
      const is = before === undefined ? 'new' : before.version === head.version ? 'same' : 'changed'
      return {
        table,
        is,
        ...(before && { before: sideOf(before) }),
        after: sideOf(head),
        along: along.includes(table),
      }
    })
    .toSorted((a, b) => (a.table < b.table ? -1 : 1))
}

async function dataOf(
  place: EnvPlace,
  source: EnvState,
  target: EnvState,
  tables: readonly string[],
  examples: number,
): Promise<TableDiff[]> {
  const reader = openLakeReader(place)
  const tableIn = async (table: string, head: Head | undefined, env: string) =>
    head && { ...(await foundHead(place.lake, table, head)), env }
  try {
    const diffs: TableDiff[] = []
    for (const table of tables) {
      const before = await tableIn(table, target.heads.get(table), target.env)
      const after = await tableIn(table, source.heads.get(table), source.env)
      diffs.push(
        before && after
          ? await diffVersions(reader, before, after, { examples })
          : diffPresence(before, after),
      )
    }
    return diffs
  } finally {
    await closeAll(reader)
  }
}
