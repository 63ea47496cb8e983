import { setTimeout as wait } from 'node:timers/promises'
import { PassingFault } from './fault.ts'

/** Waits about so many milliseconds. */
export type Pause = (ms: number) => Promise<void>

/**
 * Waits half to all of a time, so that those who failed together do not come back together (AWS Architecture
 * Blog, "Exponential Backoff And Jitter").
 */
export const pauseAbout: Pause = (ms) => wait(ms / 2 + (Math.random() * ms) / 2)

/** How often a call is made in all. */
export const tries = 4

/** How long to wait, in ms, before a call is made again: after the first 20, then twice as long each time. */
export function pauseAfter(tried: number): number {
  return 20 * 2 ** (tried - 1)
}

/** Makes a call that can be repeated without harm, again while it fails with a `PassingFault`. */
export async function again<T>(pause: Pause, call: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await call()
    } catch (error) {
      if (tried === tries || !(error instanceof PassingFault)) throw error
      await pause(pauseAfter(tried))
    }
  }
}
