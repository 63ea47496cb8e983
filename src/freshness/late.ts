import { partitionName } from '../contract/partition.ts'
import type { LateRows, StepPartitions } from '../lake/types.ts'
import { byValues } from './partition-plan.ts'
import type { Reason } from './reason.ts'

/** Of so many partitions the names are told. */
const named = 3

/** That rows wait to be backfilled; undefined where none do. */
export function lateReason(step: string, partitions: StepPartitions | undefined): Reason | undefined {
  const { late = [], by = [], every = '', lookback = 0 } = partitions ?? {}
  if (late.length === 0) return undefined
  const keys = [...new Map(late.map(({ values }) => [partitionName(by, values), values]))].toSorted(
    ([, one], [, two]) => byValues(one, two),
  )
  const names = namesText(keys.map(([name]) => name))
  const [first, last] = [keys[0]?.[1][0] ?? '', keys.at(-1)?.[1][0] ?? '']
  const span = lookback === 1 ? `1 ${every}` : `${lookback} ${every}s`
  return {
    word: 'late-rows',
    detail: `${whatCame(late)} ${names} came later than the lookback of ${span}: \`sluice backfill ${step} --from ${first} --to ${last}\``,
  }
}

/** `2 rows of`, or `changes of` where no rows were added. */
function whatCame(late: readonly LateRows[]): string {
  const rows = late.reduce((sum, each) => sum + Math.max(0, each.rows ?? 0), 0)
  const others = late.some((each) => (each.rows ?? 0) <= 0)
  const counted = `${rows} ${rows === 1 ? 'row' : 'rows'}`
  return rows === 0 ? 'changes of' : others ? `${counted} and other changes of` : `${counted} of`
}

/** `month=2019-01, month=2019-02, month=2019-03 and 7 more`. */
function namesText(names: readonly string[]): string {
  const shown = names.slice(0, named).join(', ')
  return names.length > named ? `${shown} and ${names.length - named} more` : shown
}

/** That partitions are left to compute. */
export function leftReason({ by, failed = [], left = 0 }: StepPartitions): Reason {
  const names = failed.map((values) => partitionName(by, values))
  const told = [
    ...(names.length > 0 ? [`${namesText(names)} failed`] : []),
    ...(left > 0 ? [`${left} ${left === 1 ? 'partition was' : 'partitions were'} not computed`] : []),
  ]
  return { word: 'partitions-left', detail: told.join(', ') }
}
