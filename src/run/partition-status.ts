import { partitionKey } from '../contract/partition.ts'
import { periodOf } from '../contract/partition-time.ts'
import type { EnvState, PartitionEntry, StepPartitions } from '../lake/types.ts'

/** `open` until its time is over and the rows had time to come, then `complete`; `reopened` by rows that came later. */
export type PartitionStatus = 'open' | 'complete' | 'reopened'

/** What a step that works by partition remembers of a version of a table; undefined of other tables and versions. */
export function stepPartitionsOf(
  state: EnvState,
  table: string,
  version: string,
): StepPartitions | undefined {
  for (const { outputs, partitions } of state.steps.values())
    if (partitions && outputs[table] === version) return partitions
  return undefined
}

/** The status of a partition at a time (milliseconds since 1970); undefined where the step does not say `complete`. */
export function statusOf(
  { every, completeAfter }: Pick<StepPartitions, 'every' | 'completeAfter'>,
  { values, reopenedAt }: PartitionEntry,
  now: number,
): PartitionStatus | undefined {
  const period = every && completeAfter !== undefined ? periodOf(every, values[0] ?? '') : undefined
  if (period === undefined) return undefined
  if (now < period.end + (completeAfter ?? 0)) return 'open'
  return reopenedAt === undefined ? 'complete' : 'reopened'
}

/** How many rows of each partition wait to be backfilled, by its key. */
export function lateRowsOf({ late = [] }: StepPartitions): ReadonlyMap<string, number> {
  const rows = new Map<string, number>()
  for (const each of late) {
    const key = partitionKey(each.values)
    rows.set(key, (rows.get(key) ?? 0) + Math.max(0, each.rows ?? 0))
  }
  return rows
}
