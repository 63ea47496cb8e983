import { setTimeout as wait } from 'node:timers/promises'
import { problemsOf } from '../base/problem.ts'
import type { ProblemCode } from '../base/codes.ts'
import { ChildEnded, ChildThrew } from './child.ts'

/** What can pass when it is tried again: code that threw or died, or a storage that did not answer. */
const passing: ReadonlySet<ProblemCode> = new Set(['storage/unavailable', 'step/timeout'])

/** The first pause, in milliseconds; each further one is twice as long. */
const firstPause = 500

/**
 * Tries work again as often as a step says, with pauses that grow and differ by chance, so that steps that
 * failed together do not come back together (AWS Architecture Blog, "Exponential Backoff And Jitter").
 * A mistake that would be the same again is not tried again.
 */
export async function withRetries<T>(
  retries: number,
  signal: AbortSignal,
  work: (attempt: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt)
    } catch (error) {
      if (attempt > retries || signal.aborted || !mayPass(error)) throw error
      const pause = firstPause * 2 ** (attempt - 1)
      await wait(pause / 2 + (Math.random() * pause) / 2, undefined, { signal })
    }
  }
}

function mayPass(error: unknown): boolean {
  if (error instanceof ChildThrew || error instanceof ChildEnded) return true
  return problemsOf(error)?.every(({ code }) => passing.has(code)) ?? false
}
