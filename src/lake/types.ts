import type { Json } from '../base/wire.ts'

/** A column as a manifest keeps it. `type` is a SQL type name of the contract layer, such as `DECIMAL(10,2)`. */
export interface ColumnShape {
  readonly name: string
  readonly type: string
  readonly nullable: boolean
}

/** Footer statistics of one column over all files of a version; `min` and `max` are texts as the engine prints them. */
export interface ColumnStats {
  readonly nulls: number
  readonly min?: string
  readonly max?: string
}

/** One immutable file of a version. `key` is its key in the storage (it may lie in another version's folder). */
export interface DataFile {
  readonly key: string
  readonly bytes: number
  readonly rows: number
  /** BLAKE3 of the bytes, 64 hexadecimal digits. */
  readonly hash: string
  /** Statistics of this file alone, where a version has several. */
  readonly stats?: { readonly [column: string]: ColumnStats }
  /** The partition that its rows are of; see `PartitionValues`. */
  readonly partition?: readonly string[]
}

/** A partition of a version: some of its files. */
export interface PartitionEntry {
  /** As texts, in the order of `partitionBy`. */
  readonly values: readonly string[]
  readonly rows: number
  /** The content digest of its rows: where two versions have the same, they share the files. */
  readonly digest?: string
  /** Of the computation of this partition alone, where the notebook works by partition. */
  readonly fingerprint?: string
  /** When its rows were computed, ISO 8601. */
  readonly computedAt?: string
  /** When a late row changed it after it was complete, ISO 8601. */
  readonly reopenedAt?: string
  /** How many rows of the partition each input had, by handle. */
  readonly read?: { readonly [handle: string]: number }
}

/** `tables/<notebook path>/<table>/<version>/manifest.json`: what a version is. Immutable. */
export interface Manifest {
  readonly format: 1
  readonly table: string
  readonly version: string
  /** The notebook file that wrote it, relative to the project. */
  readonly notebook: string
  readonly fingerprint: string
  readonly createdAt: string
  readonly engine: string
  readonly columns: readonly ColumnShape[]
  readonly key: readonly string[]
  readonly rows: number
  readonly bytes: number
  readonly files: readonly DataFile[]
  /** The columns that the files are parted by, and the partitions, in order of their values. */
  readonly partitionBy?: readonly string[]
  readonly partitions?: readonly PartitionEntry[]
  readonly stats: { readonly [column: string]: ColumnStats }
}

/** What an environment says a table is now. */
export interface Head {
  readonly version: string
  /** Counts the versions that this environment has had of the table, from 1: people write `silver.trips@3`. */
  readonly seq: number
  /** Key of the manifest in the storage. */
  readonly manifest: string
  readonly notebook: string
  readonly fingerprint: string
  readonly rows: number
  readonly bytes: number
  /** Paths and sizes of the files, so that a run can stat them without reading manifests. */
  readonly files: readonly { readonly key: string; readonly bytes: number }[]
  /** How many files there are, where they are more than 200, too many to be listed: they stand in the manifest. */
  readonly many?: number
  /** The number of the commit that set this head. */
  readonly commit: number
  /** The content digest of all columns, where one has been computed. */
  readonly digest?: string
  /** Of engine, columns, key, number of rows and statistics: where two differ, the rows differ. See `shape.ts`. */
  readonly shape?: string
}

/** Rows that came for a partition after the lookback of a step, and that it has not computed. */
export interface LateRows {
  /** Of the partition. */
  readonly values: readonly string[]
  /** The handle of the input that they are in; left out where another change is all that is known. */
  readonly input?: string
  /** How many more than were read: negative where rows went. Left out until they are counted. */
  readonly rows?: number
  /** How many were read when the partition was computed. */
  readonly read?: number
  /** No input has the partition any more. */
  readonly gone?: boolean
}

/** What an environment remembers of a step that works by partition, beside what its tables' manifests say. */
export interface StepPartitions {
  readonly by: readonly string[]
  readonly every?: 'hour' | 'day' | 'week' | 'month' | 'year'
  readonly lookback?: number
  readonly completeAfter?: number
  /** The digest of what all partitions share, under which those that are fresh were computed. */
  readonly base: string
  /** The same as of the last verdict: another one where what changed since was accepted. */
  readonly as: string
  /** Rows that wait to be backfilled. */
  readonly late?: readonly LateRows[]
  /** The values of partitions whose computation failed: they are as they were before. */
  readonly failed?: readonly (readonly string[])[]
  /** How many others are stale, because a run was asked to compute some. */
  readonly left?: number
}

/** A part of a fingerprint, by name; see `freshness/fingerprint.ts` for which there are and why. */
export type FingerprintParts = { readonly [part: string]: string }

/** "This input has a new version, but what the step reads of it is the same": decided once, kept in the log. */
export interface Accepted {
  readonly input: string
  readonly from: string
  readonly to: string
  /** The columns that were compared; for `input: 'code'` the queries of these outputs. */
  readonly columns: readonly string[]
  readonly digest: string
  readonly commit?: number
}

/** A commit of an environment. */
export interface CommitRef {
  readonly env: string
  readonly commit: number
}

/** Where rows were computed that others reuse. */
export interface ComputedBy {
  readonly run: string
  readonly env: string
  /** The name of the machine. */
  readonly host: string
  /** The commit that published them in that environment; of another number, or none, where a whole run publishes. */
  readonly commit?: number
}

/** How an incremental step was computed. */
export interface IncrementalDone {
  /** The inputs that it read by their changes, by handle. */
  readonly byChanges: readonly string[]
  /** Why it was computed whole; left out when it went on from what its tables held. */
  readonly full?: string
  /** How many rows were added and removed of the inputs that changed, or how many files came, by handle. */
  readonly changes?: {
    readonly [handle: string]: {
      readonly added?: number
      readonly removed?: number
      readonly files?: number
      /** `bronze.orders@7`: the version from which it was counted. */
      readonly since?: string
    }
  }
}

/** What an environment remembers of a step: enough to say fresh or stale, and why. */
export interface StepRecord {
  readonly step: string
  readonly flow: string
  readonly notebook: string
  readonly fingerprint: string
  readonly parts: FingerprintParts
  /** The args that it was computed with, so that a plan can say which of them changed. */
  readonly args?: Json
  /** Versions of the outputs that it wrote or kept, by table. */
  readonly outputs: { readonly [table: string]: string }
  /** What the notebook returned, encoded by `toWire`. */
  readonly result?: Json
  /** When its rows were computed (not when they were reused), ISO 8601, for `expires`. */
  readonly computedAt: string
  /** The run that computed its rows; for reused rows the run that took them over. */
  readonly run?: string
  readonly accepted?: readonly Accepted[]
  /** Digests of the rendered queries of a `select` step, by output: another text of the same query is accepted. */
  readonly queries?: { readonly [output: string]: string }
  /** How an incremental step was computed. */
  readonly incremental?: IncrementalDone
  /** Set when its rows came from the shared cache: who computed them. */
  readonly reused?: ComputedBy
  /** Tables that it would have read, and that the environment did not have. */
  readonly absent?: readonly string[]
  /** The commit that holds the details (symbols of the code, args, files of sources) for `explain`. */
  readonly commit: number
  /** Set when a fork, a promote or a rollback moved the record here: the details are in that commit. */
  readonly from?: CommitRef
  readonly untracked?: boolean
  /** Of a step that works by partition. */
  readonly partitions?: StepPartitions
  /**
   * Versions of its tables that a restore has set: runs leave them alone while they are the heads. `outputs` stays
   * what the step computed, so that after a release the next run sees that they are others.
   */
  readonly held?: { readonly [table: string]: string }
}

/**
 * Filled-in changes, as log entries hold them. `gone` keeps the last `seq` of each removed table, so that a
 * table that comes back counts on and `silver.trips@3` stays one version for ever.
 */
export interface Delta {
  readonly heads: { readonly [table: string]: Head | null }
  readonly steps: { readonly [step: string]: StepRecord | null }
  readonly gone?: { readonly [table: string]: number }
}

/** Where the next commit continues the log: set on every state that was read from a lake. */
export interface LogTail {
  /** The id of the last entry; null before the first. */
  readonly id: string | null
  /** The checkpoint that the state was read from, 0 for none. */
  readonly checkpoint: number
  /** All changes from that checkpoint up to the state. */
  readonly since: Delta
}

/** The state of an environment at one commit. */
export interface EnvState {
  readonly env: string
  /** The number of the last commit; 0 before the first. */
  readonly commit: number
  readonly heads: ReadonlyMap<string, Head>
  readonly steps: ReadonlyMap<string, StepRecord>
  /** The last `seq` of tables that were removed. */
  readonly gone?: ReadonlyMap<string, number>
  /** The last cleaning that this environment knows of; see `gc.ts`. */
  readonly fence?: string
  /** The environment, and its commit, that this one was begun from or brought up to. */
  readonly origin?: CommitRef
  /** Keys of objects that were found damaged or missing, and done without. */
  readonly damaged?: readonly string[]
  readonly tail?: LogTail
}

/** What one commit changes. A head or step set to null is removed. */
export interface Changes {
  readonly heads: { readonly [table: string]: Omit<Head, 'seq' | 'commit'> | null }
  readonly steps: { readonly [step: string]: Omit<StepRecord, 'commit'> | null }
}

/** Why a commit was made, in a word, and by which run. */
export interface CommitMeta {
  readonly kind:
    | 'publish'
    | 'accept'
    | 'repair'
    | 'restore'
    | 'release'
    | 'promote'
    | 'rollback'
    | 'delete-env'
    | 'drop'
    | 'create'
    | 'update'
    | 'gc'
  readonly run: string
  readonly step?: string
  /** Of a restore: the numbers that the restored versions had before, by table. */
  readonly restored?: { readonly [table: string]: number }
  /** Set when the run overrode args from the command line. */
  readonly overrides?: readonly string[]
  /** What `explain` needs to compare before and after: symbols of the code, args, files of sources. */
  readonly detail?: Json
  /** The id of the last cleaning as of this commit; every commit repeats it. See `gc.ts`. */
  readonly fence?: string
  /** Where heads that were moved come from: what was promoted, or the commit that was gone back to. */
  readonly source?: CommitRef
  /** The environment that this one was begun from; every commit repeats it, until the environment is deleted. */
  readonly origin?: CommitRef
}

/**
 * `env/<env>/log/<20 digits>.json`. `heads`, `steps` and `gone` are what this commit changes, with `seq` and
 * `commit` filled in.
 */
export interface LogEntry extends CommitMeta, Delta {
  readonly format: 1
  readonly id: string
  readonly number: number
  readonly parent: string | null
  readonly at: string
  /** The checkpoint that state is read from, 0 for none, and all changes from there up to this commit, this one left out. */
  readonly checkpoint: number
  readonly since: Delta
}
