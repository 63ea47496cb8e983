/**
 * An error that is worth another try, such as a service that was busy: `throw retryable('busy')`. It is tried again
 * also where `retries.on` of its step leaves out what was thrown. An error of your own says the same by a property
 * `retryable: true`.
 */
export function retryable(message: string, options?: ErrorOptions): Error & { readonly retryable: boolean } {
  return Object.assign(new Error(message, options), { retryable: true })
}

/** An error that would be the same again: the step fails at once, however many retries it has. */
export function fatal(message: string, options?: ErrorOptions): Error & { readonly retryable: boolean } {
  return Object.assign(new Error(message, options), { retryable: false })
}

/** What an error says of another try: its own word, else that of its cause; undefined when none says any. */
export function saysRetryable(error: unknown, depth = 0): boolean | undefined {
  if (typeof error !== 'object' || error === null || depth > 8) return undefined
  if ('retryable' in error && typeof error.retryable === 'boolean') return error.retryable
  return 'cause' in error ? saysRetryable(error.cause, depth + 1) : undefined
}
