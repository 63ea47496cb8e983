import type { ContractChange } from './contract-change.ts'
import type { Acknowledged, LockedContract } from './lock-file.ts'
import { versionParts } from './semver.ts'

/** A change, and who took it on: a version of the lock with its reason. */
export interface JudgedChange extends ContractChange {
  /** Breaking changes only: how the lock says that they are meant. */
  readonly acknowledged: { readonly version?: string; readonly why?: string } | undefined
}

/**
 * Finds the breaking changes that the lock has taken on since an older lock: the contract has a new major
 * version, or is gone, and nothing of the table is left that would break it again.
 *
 * @param changes from the older lock to the code
 * @param pending from the lock as it is to the code
 */
export function acknowledge(
  changes: readonly ContractChange[],
  pending: readonly ContractChange[],
  then: readonly LockedContract[],
  now: readonly LockedContract[],
): JudgedChange[] {
  const old = new Map(then.map((each) => [each.table.name, each]))
  const locked = new Map(now.map((each) => [each.table.name, each]))
  const open = new Set(pending.filter(({ level }) => level === 'breaking').map(({ table }) => table))
  return changes.map((change) => ({ ...change, acknowledged: acknowledgedBy(change) }))

  function acknowledgedBy({ level, table }: ContractChange): JudgedChange['acknowledged'] {
    if (level !== 'breaking' || open.has(table)) return undefined
    const [before, after] = [old.get(table), locked.get(table)]
    if (!before) return undefined
    // Its file was taken away from the lock: whoever reviews sees that.
    if (!after) return {}
    if (!isNewMajor(before.version, after.version)) return undefined
    const reasons = (after.history as unknown as readonly Partial<Acknowledged>[]).filter(
      ({ version }) => typeof version === 'string' && isNewMajor(before.version, version),
    )
    const why = reasons.flatMap((each) => (typeof each.why === 'string' ? [each.why] : [])).join('; ')
    return { version: after.version, ...(why !== '' && { why }) }
  }
}

function isNewMajor(before: string, after: string): boolean {
  return (versionParts(after)?.[0] ?? 0) > (versionParts(before)?.[0] ?? 0)
}

/** The changes that must not pass unseen. */
export function unacknowledged(changes: readonly JudgedChange[]): JudgedChange[] {
  return changes.filter(({ level, acknowledged }) => level === 'breaking' && acknowledged === undefined)
}
