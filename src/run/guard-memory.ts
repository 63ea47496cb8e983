import { ChildEnded, type Child } from './child.ts'
import { bytesHeld, oomKills } from './memory.ts'

/** How often memory is looked at, in milliseconds. */
const often = 100

/** What a process of ours holds without any work: Node, the loader and the engine, in bytes. Measured, and rounded up. */
const idle = 200e6

/** How much more than its limit a process may hold for a moment. */
const tolerance = 1.2

/** A process ended for want of memory. */
export class OutOfMemory extends Error {
  override readonly name = 'OutOfMemory'
  /** It was over its own `limit`, the `system` had none left, or the `heap` of JavaScript was full. */
  readonly why: 'limit' | 'system' | 'heap'
  /** Bytes that it held, and might have held. */
  readonly held: number | undefined
  readonly limit: number | undefined
  constructor(why: OutOfMemory['why'], { held, limit }: { held?: number; limit?: number } = {}) {
    super('a process ended for want of memory')
    this.why = why
    this.held = held
    this.limit = limit
  }
}

/**
 * Ends a process that holds much more than its limit, because the limit of the engine knows nothing of heaps and of
 * what packages allocate. Tells by OutOfMemory when a process ended for want of memory, for whatever reason.
 *
 * @param limit in bytes; the process may hold a fifth more, and what it holds when it is idle
 * @param printed gives what it wrote to stderr last
 */
export async function guardMemory<C, T>(
  child: Child<C>,
  { limit = Infinity, printed = () => '' }: { readonly limit?: number; readonly printed?: () => string },
  work: () => Promise<T>,
): Promise<T> {
  const most = limit * tolerance + idle
  const killsBefore = oomKills()
  let over: number | undefined
  const look = () => {
    const held = bytesHeld(child.process.pid)
    if (over !== undefined || held === undefined || held <= most) return
    over = held
    void child.kill()
  }
  const timer = Number.isFinite(most) ? setInterval(look, often) : undefined
  timer?.unref()
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof ChildEnded)) throw error
    if (over !== undefined) throw new OutOfMemory('limit', { held: over, limit })
    if (isHeapFull(error, printed())) throw new OutOfMemory('heap')
    if (error.signal === 'SIGKILL' && (oomKills() ?? 0) > (killsBefore ?? Infinity))
      throw new OutOfMemory('system')
    throw error
  } finally {
    clearInterval(timer)
  }
}

/** Node aborts when its heap is full, and says so. */
function isHeapFull({ code, signal }: ChildEnded, printed: string): boolean {
  return (signal === 'SIGABRT' || code === 134) && printed.includes('heap out of memory')
}
