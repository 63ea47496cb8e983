import { parseDuration } from '../base/duration.ts'
import { retryCauses, type Retries, type RetryCause } from '../contract/limits.ts'

/** How a step is tried again, with nothing left out. Pauses in milliseconds. */
export interface RetryPolicy {
  readonly times: number
  readonly delay: number
  readonly maxDelay: number
  readonly on: readonly RetryCause[]
}

const second = 1000

/** A policy from what was declared, which is checked. */
export function retryPolicy(said: number | Retries | undefined): RetryPolicy {
  const { times, delay, maxDelay, on = retryCauses } = typeof said === 'object' ? said : { times: said ?? 0 }
  const first = parseDuration(delay ?? '') ?? second
  return { times, delay: first, maxDelay: parseDuration(maxDelay ?? '') ?? Math.max(60 * second, first), on }
}
