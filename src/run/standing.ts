import { unlessProblem } from '../base/problem.ts'
import { partitionKey } from '../contract/partition.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import type { StandingPartition } from '../engine/engine.ts'
import type { DeclaredStep } from '../flow/declared.ts'
import { tableFolder } from '../freshness/step-key.ts'
import type { Lake } from '../lake/lake.ts'
import type { DataFile, EnvState, Manifest, PartitionEntry } from '../lake/types.ts'
import { layout } from '../storage/layout.ts'

/** A partition of a head whose files a new version may share. */
export interface Standing {
  readonly entry: PartitionEntry
  readonly files: readonly DataFile[]
}

/** What stands of a partitioned table. */
export interface StandingTable {
  readonly manifest: Manifest
  /** By `partitionKey`: those with a digest whose files are as they were published. */
  readonly partitions: ReadonlyMap<string, Standing>
}

/**
 * The partitions of a table's head. Of a folder, files that are gone or not as they were leave their partition out;
 * in a bucket nothing is read, as for a verdict. Undefined without a head that is partitioned in the same way.
 */
export async function standingTable(
  lake: Lake,
  state: EnvState,
  step: DeclaredStep,
  table: DeclaredTable,
): Promise<StandingTable | undefined> {
  const head = state.heads.get(table.name)
  const manifest = head && (await unlessProblem(() => lake.version(table.name, head)))
  if (!manifest?.partitions || manifest.partitionBy?.join('\n') !== table.partitionBy?.join('\n'))
    return undefined
  const sound = await lake.standing(manifest)
  // A table that moved is written anew: readers of Delta tables take files of its own folder only.
  const own = layout.table(tableFolder(step, table), table.name)
  const files = filesByPartition(manifest.files)
  const partitions = new Map<string, Standing>()
  for (const entry of manifest.partitions) {
    const of = files.get(partitionKey(entry.values)) ?? []
    if (entry.digest !== undefined && of.every(({ key }) => sound.has(key) && key.startsWith(own)))
      partitions.set(partitionKey(entry.values), { entry, files: of })
  }
  return { manifest, partitions }
}

/** What stands of the partitioned outputs of a step, by table. */
export async function standingTables(
  lake: Lake,
  state: EnvState,
  step: DeclaredStep,
): Promise<Map<string, StandingTable>> {
  const found = new Map<string, StandingTable>()
  for (const { table } of step.outputs) {
    const standing = table.partitionBy && (await standingTable(lake, state, step, table))
    if (standing) found.set(table.name, standing)
  }
  return found
}

/** As engines take it. */
export function standingFor(standing: StandingTable): StandingPartition[] {
  return Array.from(standing.partitions.values(), ({ entry: { values, digest = '' } }) => ({
    values,
    digest,
  }))
}

/** Files by the partition that they are of. */
export function filesByPartition<F extends Pick<DataFile, 'partition'>>(
  files: readonly F[],
): Map<string, F[]> {
  const found = new Map<string, F[]>()
  for (const file of files) {
    const key = partitionKey(file.partition ?? [])
    const list = found.get(key)
    if (list) list.push(file)
    else found.set(key, [file])
  }
  return found
}
