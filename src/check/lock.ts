import { isDeepStrictEqual } from 'node:util'
import { ProblemError, type Problem } from '../base/problem.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import { levelOf, subjectOf } from './contract-change.ts'
import type { ContractChange, ContractReader } from './contract-change.ts'
import { diffContracts } from './contract-diff.ts'
import type { LockedContract } from './lock-file.ts'
import { lockFileOf } from './odcs/names.ts'
import type { Plain } from './odcs/plain.ts'
import { odcsText } from './odcs/merge.ts'
import { odcsOf } from './odcs/write.ts'
import { nextVersion } from './semver.ts'
import { YamlPage } from './yaml-page.ts'

/** A file of the lock as it is to be. */
export interface LockWrite {
  readonly table: string
  /** Relative to the project, with `/`. */
  readonly file: string
  /** Undefined: the file goes. */
  readonly text?: string
  /** The version that it had; undefined for a new file. */
  readonly from?: string
  readonly to?: string
}

/** What `sluice contract lock` would do. */
export interface LockPlan {
  /** From the lock to the code. */
  readonly changes: readonly ContractChange[]
  /** The files that are not what the code says. */
  readonly writes: readonly LockWrite[]
}

/**
 * Holds the lock against the contracts of the code. A breaking change takes the contract to a new major version,
 * a compatible one to a minor, a neutral one to a patch (Semantic Versioning 2.0.0).
 *
 * @param why what makes breaking changes good; it is kept in the files
 */
export function planLock(
  locked: readonly LockedContract[],
  tables: readonly DeclaredTable[],
  readers: readonly ContractReader[],
  why?: string,
): LockPlan {
  const old = new Map(locked.map((each) => [each.table.name, each]))
  const before = locked.map(({ table }) => table)
  const changes = diffContracts(before, tables, readers)
  const writes = tables.flatMap((table): LockWrite[] => {
    const own = changes.filter((change) => change.table === table.name)
    const write = writeOf(table, old.get(table.name), own, why)
    return write ? [write] : []
  })
  const names = new Set(tables.map(({ name }) => name))
  const gone = locked.filter(({ table }) => !names.has(table.name))
  return {
    changes,
    writes: [
      ...writes,
      ...gone.map(({ table, file, version }): LockWrite => ({ table: table.name, file, from: version })),
    ].toSorted((a, b) => (a.table < b.table ? -1 : 1)),
  }
}

function writeOf(
  table: DeclaredTable,
  old: LockedContract | undefined,
  changes: readonly ContractChange[],
  why: string | undefined,
): LockWrite | undefined {
  const file = lockFileOf(table.name)
  const version = old ? nextVersion(old.version, levelOf(changes)) : '1.0.0'
  const breaking = changes.filter(({ level }) => level === 'breaking')
  const entry: Plain[] =
    old && breaking.length > 0 && why !== undefined
      ? [{ version, why, changes: breaking.map((change) => lineOf(change)) }]
      : []
  const fresh = odcsOf(table, version, [...(old?.history ?? []), ...entry])
  // The parsed file is changed by what is merged into it: each plan parses its own.
  const page = old && YamlPage.parse(old.text, old.file, 'contract/lock-invalid')
  const text = odcsText(fresh, page instanceof YamlPage ? page.document : undefined, headerOf(table.name))
  if (old && isDeepStrictEqual(valueOf(text, file), valueOf(old.text, old.file))) return undefined
  return { table: table.name, file, text, to: version, ...(old && { from: old.version }) }
}

function lineOf(change: ContractChange): string {
  return `${change.column ?? subjectOf(change)}: ${change.what}`
}

/** Layout and comments do not make a lock stale. */
function valueOf(text: string, file: string): unknown {
  const page = YamlPage.parse(text, file, 'contract/lock-invalid')
  return page instanceof YamlPage ? page.value() : undefined
}

function headerOf(table: string): string {
  return [
    ` The contract of ${table}, written by \`sluice contract lock\` from the code: edit the code, not what is here.`,
    ' What you add, such as support, slaProperties or roles, is yours and stays.',
  ].join('\n')
}

/** Two tables that differ in the case of letters only cannot have two files everywhere. */
export function refuseClashes(tables: readonly DeclaredTable[]): void {
  const seen = new Map<string, DeclaredTable>()
  const problems: Problem[] = []
  for (const table of tables) {
    const other = seen.get(table.name.toLowerCase())
    if (other)
      problems.push({
        code: 'contract/name-clash',
        message: `the tables '${other.name}' and '${table.name}' differ in the case of letters only`,
        ...(table.where && { where: table.where }),
      })
    seen.set(table.name.toLowerCase(), table)
  }
  if (problems.length > 0) throw new ProblemError(problems)
}
