import { anotherTryOf, problemsOf } from '../base/problem.ts'
import type { ProblemCode } from '../base/codes.ts'
import type { RetryCause } from '../contract/limits.ts'
import type { RetryPolicy } from '../flow/retry-policy.ts'
import { ChildEnded, ChildThrew } from './child.ts'
import { OutOfMemory } from './guard-memory.ts'

/** What can pass when it is tried again, of what is told as Problems. */
const passing: Readonly<{ [C in ProblemCode]?: RetryCause }> = {
  'storage/unavailable': 'storage',
  'connection/unavailable': 'storage',
  'step/timeout': 'timeout',
}

/** A try that failed and is followed by another. */
export interface FailedTry {
  /** Counts from 1. */
  readonly attempt: number
  /** In milliseconds. */
  readonly pause: number
  readonly error: unknown
}

interface Retrying {
  readonly policy: RetryPolicy
  readonly signal: AbortSignal
  /** Told before each pause. */
  readonly failed: (attempt: FailedTry) => void
  /** Waits so many milliseconds; rejects when the signal is aborted. */
  readonly rest: (ms: number) => Promise<void>
  /** How many tries failed so far, where several pieces of work share the tries of a step. */
  readonly tries?: { failed: number }
}

/**
 * Tries work again as often as a policy says, with pauses that grow and differ by chance, so that steps that
 * failed together do not come back together (AWS Architecture Blog, "Exponential Backoff And Jitter").
 * A mistake that would be the same again is not tried again.
 */
export async function withRetries<T>(
  { policy, signal, failed, rest, tries = { failed: 0 } }: Retrying,
  work: (attempt: number) => Promise<T>,
): Promise<T> {
  for (;;) {
    const attempt = tries.failed + 1
    try {
      return await work(attempt)
    } catch (error) {
      if (attempt > policy.times || signal.aborted || !isPassing(error, policy)) throw error
      tries.failed = attempt
      const pause = Math.max(pauseAfter(attempt, policy), anotherTryOf(error)?.after ?? 0)
      failed({ attempt, pause, error })
      await rest(pause)
    }
  }
}

/** The pause after a try, in milliseconds: between half and the whole of one that doubles, up to the longest. */
export function pauseAfter(attempt: number, { delay, maxDelay }: RetryPolicy, chance = Math.random): number {
  const whole = Math.min(maxDelay, delay * 2 ** (attempt - 1))
  return Math.round(whole / 2 + (chance() * whole) / 2)
}

/** Whether another try may end otherwise: what the code said itself counts most. */
function isPassing(error: unknown, { on, maxDelay }: RetryPolicy): boolean {
  if (error instanceof ChildThrew && error.retryable !== undefined) return error.retryable
  const another = anotherTryOf(error)
  // Who is to wait longer than the longest pause would only be turned away again.
  if (another) return another.passing && on.includes('storage') && (another.after ?? 0) <= maxDelay
  const causes = causesOf(error)
  return causes.length > 0 && causes.every((cause) => cause !== undefined && on.includes(cause))
}

function causesOf(error: unknown): readonly (RetryCause | undefined)[] {
  if (error instanceof ChildThrew) return ['threw']
  if (error instanceof ChildEnded) return ['ended']
  // What is over its own limit will be over it again.
  if (error instanceof OutOfMemory) return error.why === 'system' ? ['ended'] : []
  return problemsOf(error)?.map(({ code }) => passing[code]) ?? []
}
