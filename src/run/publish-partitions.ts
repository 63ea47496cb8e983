import { rename } from 'node:fs/promises'
import path from 'node:path'
import { InternalError } from '../base/problem.ts'
import { digestOf } from '../base/digest.ts'
import { partitionKey, partitionName, partitionOrder, type PartitionValues } from '../contract/partition.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import type { StagedFile } from '../engine/engine.ts'
import type { StepFindings } from '../freshness/findings.ts'
import type { DataFile, Manifest, PartitionEntry } from '../lake/types.ts'
import type { Staging } from './compute.ts'
import { headOf, keptHead, type NewHead } from './new-head.ts'
import type { Comparing } from './same-rows.ts'
import { filesByPartition, type Standing, type StandingTable } from './standing.ts'

/** What a new version of a partitioned table is to hold beside, or instead of, what stands. */
export interface PartitionChange {
  /** Partitions that were computed, with what is to be known of each. */
  readonly partitions: readonly PartitionEntry[]
  /** Their files, in the staging folder; none for a partition whose rows are those that stand. */
  readonly files: readonly StagedFile[]
  /** Whether partitions that were not computed stay as they are, or go. */
  readonly others: 'stay' | 'go'
  /** Partitions that go although others stay. */
  readonly removed?: readonly PartitionValues[]
}

/** A partition of the version that is made. */
interface Settled {
  readonly entry: PartitionEntry
  readonly files: readonly DataFile[]
}

/**
 * Turns a change of partitions into a version: partitions whose rows are those of the head share its files. Where
 * nothing changed at all, the version does not change.
 */
export async function publishPartitions(
  around: Comparing,
  findings: StepFindings,
  staging: Staging,
  table: DeclaredTable,
  change: PartitionChange,
  standing: StandingTable | undefined,
): Promise<NewHead> {
  const settled = settle(staging, table, change, standing)
  const manifest = manifestOf(around, findings, staging, table, settled)
  const before = findings.state.heads.get(table.name)
  if (before && standing && isSame(standing.manifest, manifest)) return keptHead(before, findings)
  const own = new Set(manifest.files.map(({ key }) => key))
  const names = change.files.map(({ name }) => name).filter((name) => own.has(`${staging.prefix}${name}`))
  if (names.length > 0) await around.lake.storage.publish(staging.folder, staging.prefix, names)
  const key = `${staging.prefix}manifest.json`
  await around.lake.manifests.write(key, manifest)
  return { head: headOf(manifest, key), unchanged: false }
}

/** Moves files that were staged in several folders into one, under names of their own there. */
export async function gatherStaged(
  into: Staging,
  from: readonly { readonly folder: string; readonly files: readonly StagedFile[] }[],
): Promise<StagedFile[]> {
  const all = from.flatMap(({ folder, files }) => files.map((file) => ({ folder, file })))
  return Promise.all(
    all.map(async ({ folder, file }, at) => {
      const name = `part-${at}.parquet`
      await rename(path.join(folder, file.name), path.join(into.folder, name))
      return { ...file, name }
    }),
  )
}

function settle(
  { prefix }: Staging,
  table: DeclaredTable,
  { partitions, files, others, removed = [] }: PartitionChange,
  standing: StandingTable | undefined,
): Settled[] {
  const settled = new Map<string, Settled>()
  if (others === 'stay' && standing) {
    const kept = filesByPartition(standing.manifest.files)
    for (const entry of standing.manifest.partitions ?? [])
      settled.set(partitionKey(entry.values), { entry, files: kept.get(partitionKey(entry.values)) ?? [] })
  }
  for (const values of removed) settled.delete(partitionKey(values))
  const staged = filesByPartition(files)
  for (const entry of partitions) {
    const key = partitionKey(entry.values)
    const stands = sameRows(standing?.partitions.get(key), entry)
    const own =
      entry.rows === 0
        ? []
        : (stands?.files ??
          staged.get(key)?.map(({ name, ...file }) => ({ key: `${prefix}${name}`, ...file })))
    if (!own) throw new InternalError(`${partitionName(table.partitionBy ?? [], entry.values)} has no files`)
    settled.set(key, { entry, files: own })
  }
  const types = (table.partitionBy ?? []).map(
    (by) => table.columns.find(({ name }) => name === by)?.type ?? '',
  )
  const order = partitionOrder(types)
  return [...settled.values()].toSorted((a, b) => order(a.entry.values, b.entry.values))
}

/** What stands of a partition, where it has the same rows: their number first, then their content. */
function sameRows(standing: Standing | undefined, { rows, digest }: PartitionEntry): Standing | undefined {
  const same = standing && standing.entry.rows === rows && standing.entry.digest === digest
  return same && digest !== undefined ? standing : undefined
}

function manifestOf(
  { engine }: Comparing,
  { step, fingerprint }: StepFindings,
  { version }: Staging,
  table: DeclaredTable,
  settled: readonly Settled[],
): Manifest {
  const files = settled.flatMap((each) => each.files)
  return {
    format: 1,
    table: table.name,
    version,
    notebook: step.file,
    fingerprint,
    createdAt: new Date().toISOString(),
    engine,
    columns: table.columns.map(({ name, type, nullable }) => ({ name, type, nullable })),
    key: table.key,
    rows: settled.reduce((sum, { entry }) => sum + entry.rows, 0),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    files,
    partitionBy: table.partitionBy ?? [],
    partitions: settled.map(({ entry }) => entry),
    // Statistics of all files together cannot be told from those of some; the digests of partitions say more.
    stats: {},
  }
}

/** Whether two versions hold the same rows in the same files, and say the same of each partition. */
function isSame(before: Manifest, now: Manifest): boolean {
  return (
    before.files.length === now.files.length &&
    before.files.every(({ key }, at) => key === now.files[at]?.key) &&
    digestOf([before.engine, before.columns, before.key]) === digestOf([now.engine, now.columns, now.key]) &&
    before.partitions?.length === now.partitions?.length &&
    (before.partitions ?? []).every((entry, at) => notesOf(entry) === notesOf(now.partitions?.[at]))
  )
}

/** What is known of a partition beside its rows; when it was computed is no part of what it is. */
function notesOf(entry: PartitionEntry | undefined): string {
  const { fingerprint, reopenedAt, read } = entry ?? {}
  return JSON.stringify([fingerprint, reopenedAt, read])
}
