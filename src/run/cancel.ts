/** A run or a step was cancelled, by the user or because its time was over. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled'
}

/**
 * Waits for work that nothing interrupts, such as loading a module or hashing a large file. When it is cancelled,
 * nobody waits for it any longer: `end` ends what does it, and this rejects with Cancelled.
 */
export async function unlessCancelled<T>(
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
  end: () => Promise<void> = () => Promise.resolve(),
): Promise<T> {
  if (signal === undefined) return work()
  let stop: () => void = () => undefined
  const cancelled = new Promise<never>((_, reject) => {
    stop = () => {
      reject(new Cancelled('cancelled'))
      void end()
    }
  })
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([cancelled, signal.aborted ? cancelled : work()])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** What work gives; undefined when it was cancelled. */
export async function orCancelled<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Cancelled) return undefined
    throw error
  }
}

/** A signal that follows another and can also be aborted after some milliseconds. */
export function limitedSignal(
  outer: AbortSignal | undefined,
  ms: number | undefined,
): { signal: AbortSignal; timedOut: () => boolean; clear: () => void } {
  const controller = new AbortController()
  let late = false
  const follow = () => controller.abort(new Cancelled('cancelled'))
  if (outer?.aborted) follow()
  else outer?.addEventListener('abort', follow, { once: true })
  const timer =
    ms === undefined
      ? undefined
      : setTimeout(() => {
          late = true
          controller.abort(new Cancelled('the time limit is over'))
        }, ms)
  return {
    signal: controller.signal,
    timedOut: () => late,
    clear: () => {
      clearTimeout(timer)
      outer?.removeEventListener('abort', follow)
    },
  }
}
