import { ProblemError } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { findVersion } from '../lake/find-version.ts'
import { heldTables } from '../lake/held.ts'
import type { Lake } from '../lake/lake.ts'
import { parseTableRef, versionUnknown } from '../lake/table-ref.ts'
import type { TableRef } from '../lake/table-ref.ts'
import type { EnvState, Head, Manifest, StepPartitions } from '../lake/types.ts'
import { isVersionId, timeOfVersion } from '../lake/version-id.ts'
import type { LakePlace } from './lake-place.ts'
import { stepPartitionsOf } from './partition-status.ts'

/** A version of a table, as other programs see it. */
export interface LakeTable {
  readonly name: string
  /** The notebook file that wrote it, relative to the project. */
  readonly notebook: string
  readonly version: string
  /** `silver.trips@3` */
  readonly seq: number
  readonly rows: number
  readonly bytes: number
  /** The number of its Parquet files. */
  readonly files: number
  /** When its rows were written, ISO 8601. */
  readonly updatedAt: string
  /** It was restored, and runs leave it alone until it is released. */
  readonly held?: true
}

/** A head as other programs see it. */
export function tableOf(name: string, head: Head, held = false): LakeTable {
  const { notebook, version, seq, rows, bytes, files, many = files.length } = head
  const updatedAt = isVersionId(version) ? timeOfVersion(version).toISOString() : ''
  const told = { name, notebook, version, seq, rows, bytes, files: many, updatedAt }
  return held ? { ...told, held } : told
}

/** A version that was looked up, with all that is known of it. */
export interface FoundTable {
  readonly lake: Lake
  readonly table: LakeTable
  readonly head: Head
  readonly manifest: Manifest
  /** What the step that wrote it remembers of its partitions, where it works by partition. */
  readonly step?: StepPartitions
}

/**
 * The version that a ref such as `silver.trips` or `silver.trips@3` names. Throws a ProblemError:
 * `project/unknown` for a table that the environment does not have, `storage/version-unknown` for a version.
 */
export function findTable(place: LakePlace, text: string): Promise<FoundTable> {
  return findRef(place, parseTableRef(text))
}

/** The same of a ref that was read already. */
export async function findRef(place: LakePlace, ref: TableRef): Promise<FoundTable> {
  const state = await place.state()
  const known = state !== undefined && (state.heads.has(ref.table) || wasThere(state, ref))
  if (!known || place.lake === undefined) throw unknownTable(place, ref.table, state)
  const { head } = await findVersion(place.lake.env(place.envName), ref)
  const isHead = state.heads.get(ref.table)?.version === head.version
  if (!isHead && (await place.lake.storage.stat(head.manifest)) === undefined)
    throw versionUnknown(
      place.envName,
      ref,
      'it was deleted by `sluice gc`; `sluice log` lists what there was',
    )
  const found = await foundHead(place.lake, ref.table, head)
  const step = stepPartitionsOf(state, ref.table, head.version)
  const told = step ? { ...found, step } : found
  const held = isHead && heldTables(state).has(ref.table)
  return held ? { ...told, table: { ...told.table, held } } : told
}

/** A head with all that is known of its version. */
export async function foundHead(lake: Lake, name: string, head: Head): Promise<FoundTable> {
  return { lake, table: tableOf(name, head), head, manifest: await lake.version(name, head) }
}

/** Throws `project/unknown` for a table that the environment never had; one that is gone still has a history. */
export async function checkTable(place: LakePlace, name: string): Promise<void> {
  const state = await place.state()
  if (state?.heads.has(name) !== true && state?.gone?.has(name) !== true)
    throw unknownTable(place, name, state)
}

/** Whether a table that is gone is asked for as of an earlier version. */
function wasThere(state: EnvState, ref: TableRef): boolean {
  return ref.at !== undefined && state.gone?.has(ref.table) === true
}

function unknownTable(place: LakePlace, name: string, state: EnvState | undefined): ProblemError {
  return new ProblemError({
    code: 'project/unknown',
    message: `environment '${place.envName}' has no table '${name}' (in ${place.where})`,
    hint:
      state === undefined
        ? `nothing was ever written to environment '${place.envName}': \`sluice run\` does`
        : (didYouMean(name, state.heads.keys()) ?? '`sluice tables` lists what there is'),
  })
}

/** Local paths of a version's files, compared with its manifest; files of a remote store are fetched. */
export function filesOf({ lake, manifest }: FoundTable): Promise<string[]> {
  return lake.files(manifest)
}
