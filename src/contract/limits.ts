/** What a step may use, how long it may take, and what becomes of it when it fails. These make nothing stale. */
export interface Limits {
  /** How long a step may compute, such as `'30s'`, `'10m'`, `'2h'`. */
  readonly timeout?: string
  /** How often a step that failed is tried again, or that and how. */
  readonly retries?: number | Retries
  /**
   * Memory, such as `'2GB'`. The engine of the step keeps to it, and the process of a `run` notebook is ended when
   * it takes much more. A `select` step that says it gets an engine of its own.
   */
  readonly memory?: string
  /** Threads of the engine. A `select` step that says it gets an engine of its own. */
  readonly threads?: number
  /** Pools of `sluice.yaml`: steps of one pool run together only as many as it has places. */
  readonly pool?: string | readonly string[]
}

/**
 * Why an attempt failed: the code `threw`, its process `ended` (exit, crash, a signal), the time limit was over
 * (`timeout`), the `storage` did not answer.
 */
export type RetryCause = 'threw' | 'ended' | 'timeout' | 'storage'

/** All causes. */
export const retryCauses: readonly RetryCause[] = ['threw', 'ended', 'timeout', 'storage']

/** How a step is tried again. Mistakes that would be the same again, such as a broken contract, never are. */
export interface Retries {
  /** How often, after the first try. */
  readonly times: number
  /** The pause before the second try, `'1s'` when left out; each further one is twice as long. */
  readonly delay?: string
  /** The longest pause, `'1m'` when left out. */
  readonly maxDelay?: string
  /** For which causes; for all when left out. */
  readonly on?: readonly RetryCause[]
}
