import type { Place } from '../base/problem.ts'

/** Why a step is stale, as a word. `docs/freshness.md` says what each means. */
export type ReasonWord =
  | 'never-run'
  | 'code-changed'
  | 'args-changed'
  | 'env-changed'
  | 'contract-changed'
  | 'input-changed'
  /** Of a delivery: what is said of its target, or the environment. */
  | 'sink-changed'
  | 'output-missing'
  | 'output-changed'
  | 'engine-changed'
  | 'untracked'
  | 'volatile'
  | 'expired'
  | 'forced'
  | 'upstream-stale'
  /** Partitions failed, or were not asked for, when the others were computed. */
  | 'partitions-left'
  /** Not a cause to run: an input or the code changed in a way that cannot change the result. */
  | 'accepted'
  /** Not a cause to run: rows came for partitions before the lookback, and wait to be backfilled. */
  | 'late-rows'
  /** Not a cause to run: its tables were restored, and stay so until they are released. */
  | 'held'
  /** Not a cause to run: a delivery that happens in other environments. */
  | 'not-here'

export interface Reason {
  readonly word: ReasonWord
  /** What it is about: an input's handle, an output's table, an arg, a step upstream. */
  readonly subject?: string
  /** One short clause for people: `trips@3 -> trips@4`, `maxFare: 300 -> 500`. */
  readonly detail?: string
  readonly where?: Place
}
