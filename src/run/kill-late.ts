import type { Child } from './child.ts'

/** How long code may take to notice that it is cancelled, in milliseconds. */
const patience = 2000

/**
 * Waits for a call of the user's code. Code that does not come back after it was cancelled (it loops, or
 * ignores its signal) loses its process, and nobody else's.
 */
export async function killLate<C, T>(
  child: Child<C>,
  signal: AbortSignal,
  call: Promise<T>,
  grace = patience,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = () => {
    timer = setTimeout(() => void child.kill(), grace)
  }
  if (signal.aborted) late()
  else signal.addEventListener('abort', late, { once: true })
  try {
    return await call
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', late)
  }
}
