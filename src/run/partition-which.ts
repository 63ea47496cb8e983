import { partitionKey } from '../contract/partition.ts'
import { onlyPartitionsChanged, type FoundPartitions } from '../freshness/partition-facts.ts'
import { planPartitions, type PartitionPlan } from '../freshness/partition-plan.ts'
import type { Reason } from '../freshness/reason.ts'
import type { StepRecord } from '../lake/types.ts'
import { inRange, type BackfillAsk } from './partition-ask.ts'

/** Words of reasons for which every partition is computed, whatever is known of it. */
const ofAll = new Set(['forced', 'volatile', 'untracked', 'expired'])

/** Which partitions of a step are computed now, and which wait. */
export function planStep(
  found: FoundPartitions,
  record: StepRecord | undefined,
  reasons: readonly Reason[],
  backfill?: BackfillAsk,
): PartitionPlan {
  const failed = new Set((record?.partitions?.failed ?? []).map(partitionKey))
  const { lost } = found
  const lookback = onlyPartitionsChanged(
    backfill ? reasons.filter(({ word }) => word !== 'forced') : reasons,
    found,
    record?.partitions,
  )
  if (!backfill) {
    const all = reasons.some(({ word }) => ofAll.has(word))
    return planPartitions(found.facts, { all, lookback, owed: failed, lost })
  }
  const { reprocess = 'missing' } = backfill
  const within = (values: readonly string[], stale: boolean) =>
    inRange(values, backfill) &&
    (reprocess === 'all' || (reprocess === 'failed' ? failed.has(partitionKey(values)) : stale))
  return planPartitions(found.facts, { lookback, owed: failed, lost, within })
}
