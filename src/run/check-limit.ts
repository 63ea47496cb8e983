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

/** Gives what `work` gives. When it takes longer than `limit` milliseconds, its processes end, and TooLate is thrown. */
export async function within<T>(limit: number, pools: Killable, work: () => Promise<T>): Promise<T> {
  let late: Promise<void> | undefined
  const timer = setTimeout(() => void (late = pools.kill()), limit)
  try {
    return await work()
  } catch (error) {
    if (!late) throw error
    await late
    throw new TooLate()
  } finally {
    clearTimeout(timer)
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
