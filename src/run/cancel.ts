/** A run or a step was cancelled, by the user or because its time was over. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled'
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
