import type { Problem } from '../base/problem.ts'
import type { Reason } from '../freshness/reason.ts'
import type { CommitRef, ComputedBy, IncrementalDone } from '../lake/types.ts'
import type { RunEvent, StepFinished } from './events.ts'

/** Where a project is, and which of its storages and environments is meant. */
export interface ProjectOptions {
  /** The project's folder; found upwards from the working directory when left out. */
  readonly projectRoot?: string
  /** The environment; when left out `SLUICE_ENV`, what `sluice.yaml` says of the git branch, its `env`, else `dev`. */
  readonly env?: string
  /** A file of `storage/` without its ending; `storage` of `sluice.yaml`, else `local`, when left out. */
  readonly storage?: string
  /** Called before a source of a database is read whole, because it has no `refresh` and no `highWater`. */
  readonly onReading?: (source: string) => void
}

/** What part of a flow is meant, and with which args. */
export interface SelectOptions extends ProjectOptions {
  /** Steps, notebooks, tables, globs of them, `+x`, `x+`, `tag:x`; all when left out. */
  readonly select?: readonly string[]
  /** This step and all that is downstream of it. */
  readonly from?: string
  /** Args as text, `name` or `step.name`; typed by the notebook's schema. */
  readonly args?: { readonly [name: string]: string }
}

export interface RunOptions extends SelectOptions {
  /** Runs the selected steps though they are fresh. */
  readonly force?: boolean
  /** How many steps run at once; the number of processors when left out. */
  readonly concurrency?: number
  /**
   * Goes on with steps that do not depend on a failed one. Else no step begins after one has failed; those that run
   * are finished. What `sluice.yaml` says when left out.
   */
  readonly keepGoing?: boolean
  /** Does not reuse what another environment or checkout has computed. */
  readonly noCache?: boolean
  /** The time that counts for `complete` of partitions, for tests; the clock when left out. */
  readonly now?: Date
  /** Called with every event, in order. */
  readonly onEvent?: (event: RunEvent) => void
  readonly signal?: AbortSignal
}

export interface RunResult {
  readonly run: string
  readonly flow: string
  readonly env: string
  /** Every step ended well, or nothing was to be done. */
  readonly ok: boolean
  readonly cancelled: boolean
  readonly steps: readonly StepFinished[]
  /** What notebooks returned, by step. */
  readonly results: { readonly [step: string]: unknown }
}

/** A partition that would be computed, and why. */
export interface PlannedPartition {
  /** `month=2019-01`. */
  readonly partition: string
  /** `removed`: no input has it any more, and its rows go. */
  readonly why: 'new' | 'changed' | 'late' | 'lost' | 'forced' | 'removed'
  /** The tables or sources that changed it, as far as that is known. */
  readonly inputs: readonly string[]
}

export interface PlannedStep {
  readonly step: string
  readonly notebook: string
  readonly verdict: 'fresh' | 'stale' | 'may-run'
  readonly reasons: readonly Reason[]
  /** Of a step that works by partition: those that it would compute as its inputs are now. */
  readonly partitions?: readonly PlannedPartition[]
  /** Of an incremental step that is stale: why it would compute all anew, where that is known before it runs. */
  readonly rebuild?: string
  readonly upstream: readonly string[]
  readonly reads: readonly string[]
  readonly writes: readonly string[]
}

export interface Plan {
  readonly flow: string
  readonly env: string
  readonly steps: readonly PlannedStep[]
  readonly problems: readonly Problem[]
}

/** Why a step is what it is: a tree of causes, with before and after. */
export interface Cause {
  readonly reason: Reason
  /** What changed within it: files and symbols, args, columns, files of sources. */
  readonly details: readonly { readonly what: string; readonly before?: string; readonly after?: string }[]
  /** The causes upstream, for inputs. */
  readonly causes: readonly Cause[]
}

export interface Explanation {
  readonly step: string
  readonly notebook: string
  readonly verdict: 'fresh' | 'stale' | 'may-run'
  readonly causes: readonly Cause[]
  /** Of a step that works by partition: those that it would compute as its inputs are now. */
  readonly partitions?: readonly PlannedPartition[]
  /** Of an incremental step that is stale: why it would compute all anew, where that is known before it runs. */
  readonly rebuild?: string
  /** When and by which run its rows were computed, and what has been accepted since. */
  readonly computed?: {
    readonly at: string
    /** The run that computed them, or took them over from the shared cache. */
    readonly run: string
    readonly fingerprint: string
    /** Who computed them, where they came from the shared cache. */
    readonly reused?: ComputedBy
    /** For an incremental step: why it was computed whole, or what had changed. */
    readonly incremental?: IncrementalDone
    /** The environment and commit that they were moved from, by a fork, an update or a promote. */
    readonly from?: CommitRef
  }
  readonly accepted: readonly {
    readonly input: string
    readonly from: string
    readonly to: string
    readonly columns: readonly string[]
  }[]
}
