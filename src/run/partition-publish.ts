import { emptyRecord } from '../base/record.ts'
import { InternalError } from '../base/problem.ts'
import { partitionKey, type PartitionValues } from '../contract/partition.ts'
import { periodOf } from '../contract/partition-time.ts'
import type { StepFindings } from '../freshness/findings.ts'
import type { FoundPartitions } from '../freshness/partition-facts.ts'
import type { Lake } from '../lake/lake.ts'
import type { PartitionEntry } from '../lake/types.ts'
import type { Staging } from './compute.ts'
import type { ComputedPartition } from './partition-compute.ts'
import type { NewHead } from './new-head.ts'
import { gatherStaged, publishPartitions } from './publish-partitions.ts'
import type { Comparing } from './same-rows.ts'
import { filesByPartition, type Standing, type StandingTable } from './standing.ts'

/** What of a step's partitions is published. */
export interface NewPartitions {
  readonly computed: readonly ComputedPartition[]
  readonly removed: readonly PartitionValues[]
}

/**
 * Turns computed partitions into versions of the step's tables: the files of all other partitions are those of the
 * head, and so are those of partitions whose rows are the same as before.
 */
export async function publishComputed(
  around: Comparing,
  findings: StepFindings,
  found: FoundPartitions,
  stagings: readonly Staging[],
  standing: ReadonlyMap<string, StandingTable>,
  { computed, removed }: NewPartitions,
): Promise<Record<string, NewHead>> {
  const heads = emptyRecord<NewHead>()
  for (const [at, { handle, table }] of findings.step.outputs.entries()) {
    const staging = stagings.find((each) => each.handle === handle)
    if (!staging) throw new InternalError(`output '${handle}' was not staged`)
    const written = computed.flatMap(({ outputs }) =>
      outputs.filter((each) => each.staging.handle === handle),
    )
    const files = await gatherStaged(
      staging,
      written.map((each) => ({ folder: each.staging.folder, files: each.staged.files })),
    )
    const partitions = computed.map((each) => entryOf(found, handle, each, at))
    const change = { partitions, files, others: 'stay' as const, removed }
    heads[table.name] = await publishPartitions(
      around,
      findings,
      staging,
      table,
      change,
      standing.get(table.name),
    )
  }
  return heads
}

/** What stands of partitions that are to be computed: of these alone the files are looked at. */
export async function standingOf(
  lake: Lake,
  { outputs }: FoundPartitions,
  tables: readonly string[],
  asked: readonly PartitionValues[],
): Promise<Map<string, StandingTable>> {
  const keys = new Set(asked.map(partitionKey))
  const standing = new Map<string, StandingTable>()
  for (const table of tables) {
    const manifest = outputs.get(table)
    if (!manifest?.partitions) continue
    const own = manifest.files.filter(({ partition = [] }) => keys.has(partitionKey(partition)))
    const sound = await lake.standing({ ...manifest, files: own })
    const files = filesByPartition(own)
    const partitions = new Map<string, Standing>()
    for (const entry of manifest.partitions) {
      const key = partitionKey(entry.values)
      const list = files.get(key) ?? []
      if (
        keys.has(key) &&
        entry.digest !== undefined &&
        list.length > 0 &&
        list.every((file) => sound.has(file.key))
      )
        partitions.set(key, { entry, files: list })
    }
    standing.set(table, { manifest, partitions })
  }
  return standing
}

/** What is to be known of a partition that was computed. */
function entryOf(
  { facts, onlyInputs }: FoundPartitions,
  handle: string,
  { plan, outputs, computedAt, read }: ComputedPartition,
  at: number,
): PartitionEntry {
  const part = outputs.find(({ staging }) => staging.handle === handle)?.staged.partitions?.[0]
  const before = plan.before[at]
  const reopenedAt =
    onlyInputs && reopened(facts.partition, plan, computedAt) ? computedAt : before?.reopenedAt
  return {
    values: plan.values,
    rows: part?.rows ?? 0,
    ...(part && { digest: part.digest }),
    fingerprint: plan.fingerprint,
    computedAt,
    ...(reopenedAt !== undefined && { reopenedAt }),
    ...(Object.keys(read).length > 0 && { read }),
  }
}

/** Whether a partition that was complete has been changed: its time was over, and it was there before. */
function reopened(
  { every, completeAfter }: FoundPartitions['facts']['partition'],
  { values, why }: ComputedPartition['plan'],
  computedAt: string,
): boolean {
  const period = every && completeAfter !== undefined ? periodOf(every, values[0] ?? '') : undefined
  return (
    period !== undefined &&
    (why === 'changed' || why === 'late') &&
    Date.parse(computedAt) >= period.end + (completeAfter ?? 0)
  )
}
