import type { Place, Problem } from '../base/problem.ts'
import type { Json } from '../base/wire.ts'
import type { Delivered } from '../freshness/target-files.ts'
import type { Reason } from '../freshness/reason.ts'
import type { IncrementalDone } from '../lake/types.ts'
import type { RunProcess, RunRequest } from './asked.ts'

/**
 * Everything that happens in a run, as one union. Presenters, plugins and run records only read it. `at` is
 * ISO 8601 in UTC, `ms` are milliseconds.
 */
export type RunEvent =
  | RunStarted
  | StepPlanned
  | StepStarted
  | StepPrinted
  | StepRetried
  | PartitionsPlanned
  | PartitionFinished
  | DataChecked
  | SourceRead
  | StepFinished
  | Notice
  | PluginFailed
  | RunFinished

interface Happened {
  readonly at: string
  readonly run: string
}

export interface RunStarted extends Happened {
  readonly event: 'run-started'
  readonly flow: string
  readonly env: string
  /** Where the tables are kept. */
  readonly storage: string
  /** Names of the steps of this run, in an order in which they can run. */
  readonly steps: readonly string[]
  /** What was asked; left out for a flow that a program built. */
  readonly request?: RunRequest
  readonly process?: RunProcess
  /** The run that this one continues. */
  readonly resumes?: string
}

/** What is known of a step before anything runs. */
export interface StepPlanned extends Happened {
  readonly event: 'step-planned'
  readonly step: string
  readonly verdict: 'fresh' | 'stale' | 'may-run'
  readonly reasons: readonly Reason[]
}

export interface StepStarted extends Happened {
  readonly event: 'step-started'
  readonly step: string
  readonly notebook: string
  readonly reasons: readonly Reason[]
  /** Counts from 1; more when a try failed. */
  readonly attempt: number
}

/** What the code of a step printed. */
export interface StepPrinted extends Happened {
  readonly event: 'step-printed'
  readonly step: string
  readonly stream: 'stdout' | 'stderr' | 'log'
  readonly level?: 'debug' | 'info' | 'warn' | 'error'
  readonly text: string
}

/** A try of a step failed, and another follows after a pause. */
export interface StepRetried extends Happened {
  readonly event: 'step-retried'
  readonly step: string
  /** The try that failed: counts from 1. */
  readonly attempt: number
  /** How many tries there are at most. */
  readonly of: number
  /** In milliseconds. */
  readonly pause: number
  readonly problems: readonly Problem[]
}

/** Which partitions of a step that works by partition are to be computed. */
export interface PartitionsPlanned extends Happened {
  readonly event: 'partitions-planned'
  readonly step: string
  readonly stale: number
  /** Partitions that no input holds. */
  readonly removed: number
  readonly fresh: number
  /** Partitions that changed before the lookback, and stay as they are. */
  readonly late: number
  /** Stale ones that were not asked for. */
  readonly left: number
  /** The names of the first that are to be computed. */
  readonly partitions: readonly string[]
}

/** A partition was computed, or failed. */
export interface PartitionFinished extends Happened {
  readonly event: 'partition-finished'
  readonly step: string
  /** `month=2019-01`. */
  readonly partition: string
  readonly outcome: 'ran' | 'failed'
  /** How many have ended by now, of so many. */
  readonly done: number
  readonly of: number
  readonly ms: number
  readonly problems: readonly Problem[]
}

/** What became of a data check of a table that a step wrote; told before the step finishes, passed ones too. */
export interface DataChecked extends Happened {
  readonly event: 'data-checked'
  readonly step: string
  readonly table: string
  /** The name of the check, unique in its table. */
  readonly check: string
  readonly severity: 'warn' | 'error'
  /**
   * `rejected`: the rows that break it went into the rejects table. `skipped`: it reads a table that the
   * environment does not have.
   */
  readonly outcome: 'passed' | 'warned' | 'rejected' | 'failed' | 'skipped'
  /** How many rows, or keys, break it; 0 for a check of the table as a whole. */
  readonly rows: number
  /** What was found, unless it passed: `12 rows break the check of column 'fare': fare >= 0`. */
  readonly message?: string
  /** For `rejected`: the table where the rows went. */
  readonly rejects?: string
  /** The key, in the storage, of a Parquet file with rows that break it. */
  readonly failures?: string
  readonly where?: Place
}

/** What a step read of a source; told when it was computed. */
export interface SourceRead extends Happened {
  readonly event: 'source-read'
  readonly step: string
  readonly source: string
  readonly files: number
  /** Rows in all files, with those that were rejected; where they were counted. */
  readonly rows?: number
  /** How many of them went into the rejects table, where the source has one. */
  readonly rejected?: number
  /** That table. */
  readonly rejects?: string
}

export type Outcome = 'ran' | 'reused' | 'fresh' | 'failed' | 'blocked' | 'cancelled'

/** A table that a step wrote, or kept because its rows are the same. */
export interface WrittenTable {
  readonly table: string
  readonly version: string
  /** `silver.trips@3` */
  readonly seq: number
  readonly rows: number
  readonly bytes: number
  /** The rows equal those of the version before, which stays. */
  readonly unchanged: boolean
}

export interface StepFinished extends Happened {
  readonly event: 'step-finished'
  readonly step: string
  readonly notebook: string
  readonly outcome: Outcome
  /** Why it ran, or why it could not. A fresh step has none, or says what was accepted. */
  readonly reasons: readonly Reason[]
  readonly tables: readonly WrittenTable[]
  readonly ms: number
  /** What went wrong, for `failed`. */
  readonly problems: readonly Problem[]
  /** For `blocked`: the steps that failed first, however far upstream. */
  readonly blockedBy?: readonly string[]
  /** What the notebook returned. */
  readonly result?: Json
  /** Of a delivery that ran: what is now at its target. */
  readonly delivered?: Delivered
  /** How an incremental step was computed: why whole, or how many rows of its inputs had changed. */
  readonly incremental?: IncrementalDone
}

/** Something that the user should know and that fails nothing. */
export interface Notice extends Happened {
  readonly event: 'notice'
  readonly level: 'info' | 'warn'
  readonly step?: string
  readonly message: string
}

export interface PluginFailed extends Happened {
  readonly event: 'plugin-failed'
  readonly plugin: string
  readonly problem: Problem
}

export interface RunFinished extends Happened {
  readonly event: 'run-finished'
  readonly flow: string
  readonly env: string
  readonly ms: number
  readonly counts: { readonly [O in Outcome]: number }
  /** The number of the last commit that this run made, if it made one. */
  readonly commit?: number
}

/** What is kept of a run, for lists. */
export interface RunSummary {
  readonly run: string
  readonly env: string
  readonly flows: readonly string[]
  /** ISO 8601. */
  readonly at: string
  /** Left out, as `counts`, for a run that did not come to its end. */
  readonly ended?: string
  /** Steps by how they ended. */
  readonly counts?: { readonly [O in Outcome]?: number }
}
