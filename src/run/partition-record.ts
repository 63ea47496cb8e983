import { fingerprintOf } from '../freshness/parts.ts'
import { leftReason } from '../freshness/late.ts'
import { onlyPartitionsChanged, type FoundPartitions } from '../freshness/partition-facts.ts'
import type { Reason } from '../freshness/reason.ts'
import type { StepRecord } from '../lake/types.ts'

type Kept = Omit<StepRecord, 'commit'>

/**
 * A record of a step of which partitions are left to compute. It must not say that the step is fresh: its parts are
 * those of before where only inputs changed, so that these are looked at again; else they say what is left.
 */
export function partlyDone(
  next: Kept,
  before: StepRecord | undefined,
  found: FoundPartitions,
  reasons: readonly Reason[],
): Kept {
  const { partitions } = next
  if (!partitions || (partitions.failed ?? []).length + (partitions.left ?? 0) === 0) return next
  const { left = 0, ...rest } = partitions
  const others = reasons.filter(({ word }) => word !== 'forced')
  const isInput = others.length > 0 && others.every(({ word }) => word === 'input-changed')
  if (
    left > 0 &&
    !rest.failed &&
    before &&
    isInput &&
    onlyPartitionsChanged(others, found, before.partitions)
  )
    return { ...next, fingerprint: before.fingerprint, parts: before.parts, partitions: rest }
  const parts = { ...next.parts, partitions: leftReason(partitions).detail ?? '' }
  return { ...next, parts, fingerprint: fingerprintOf(parts) }
}
