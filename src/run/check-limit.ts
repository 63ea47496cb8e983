import type { Problem } from '../base/problem.ts'
import { ChildEnded } from './child.ts'

/** Code of the user's took longer than it may. */
class TooLate extends Error {
  override readonly name = 'TooLate'
}

/** Processes that can be ended at once. */
export interface Killable {
  readonly kill: () => Promise<void>
}

/** Waits for a call in which a process runs code of the user's. */
export type Timed = <R>(call: () => Promise<R>) => Promise<R>

/** How often time is counted, in milliseconds. */
const tick = 100

/**
 * Gives what `work` gives. When a call that it times takes longer than `limit` milliseconds, the processes end, and
 * TooLate is thrown. Time in which this process was too busy to hear an answer does not count.
 */
export async function within<T>(
  limit: number,
  pools: Killable,
  work: (timed: Timed) => Promise<T>,
): Promise<T> {
  let late: Promise<void> | undefined
  const clocks = new Set<NodeJS.Timeout>()
  const timed: Timed = async (call) => {
    const every = Math.min(tick, limit / 4)
    let left = limit
    let last = performance.now()
    const clock = setInterval(() => {
      const now = performance.now()
      left -= Math.min(now - last, 2 * every)
      last = now
      if (left <= 0) late ??= pools.kill()
    }, every)
    clocks.add(clock)
    try {
      return await call()
    } finally {
      clearInterval(clock)
    }
  }
  try {
    return await work(timed)
  } catch (error) {
    if (!late) throw error
    await late
    throw new TooLate()
  } finally {
    // What goes on of itself is not ended later, when others use the processes.
    for (const clock of clocks) clearInterval(clock)
  }
}

/** What became of a process that loaded a module or rendered its queries, as a Problem; undefined for another error. */
export function endedProblem(error: unknown, file: string, limit: number): Problem | undefined {
  const where = { file }
  if (error instanceof TooLate) {
    return {
      code: 'notebook/load',
      message: `${file} took longer than ${limit / 1000} s to load and to give its queries`,
      where,
      hint: 'a module only declares: work that takes time belongs into `run`',
    }
  }
  if (!(error instanceof ChildEnded)) return undefined
  const how = error.signal === null ? `with exit code ${error.code}` : `by ${error.signal}`
  return {
    code: 'notebook/load',
    message: `${file} ended its process ${how} while it was loaded`,
    where,
    hint: 'a module only declares; it does not call process.exit()',
  }
}
