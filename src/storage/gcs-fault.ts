import { networkFault, reasonOf, wordOf } from './store-fault.ts'
import type { FaultReason, StoreFault } from './store-fault.ts'

/** Words of Google (Google, "HTTP status and error codes for JSON"). */
const words: { readonly [word: string]: FaultReason } = {
  forbidden: 'denied',
  insufficientPermissions: 'denied',
  userProjectAccountProblem: 'denied',
  authError: 'bad-credentials',
  expired: 'bad-credentials',
  required: 'no-credentials',
  invalid_grant: 'bad-credentials',
  rateLimitExceeded: 'busy',
  backendError: 'busy',
  internalError: 'busy',
}

/** What an error of Google's SDK means. */
export function gcsFault(error: unknown): StoreFault {
  const message = error instanceof Error ? error.message : ''
  if (/Could not load the default credentials|ENOENT.*\.json/.test(message)) {
    return { reason: 'no-credentials', word: 'no default credentials' }
  }
  if (message.includes('invalid_grant')) return { reason: 'bad-credentials', word: 'invalid_grant' }
  const status = statusOf(error)
  const word = reasonWord(error)
  // What is missing is the bucket where the SDK says nothing of an object.
  if (status === 404) return { reason: 'no-bucket', word: word ?? 'HTTP 404' }
  const known = word === undefined ? undefined : words[word]
  if (known !== undefined && word !== undefined) return { reason: known, word }
  if (status === undefined) return networkFault(error) ?? { reason: 'other', word: word ?? 'unknown' }
  return { reason: reasonOf(status), word: word ?? `HTTP ${status}` }
}

/** Whether there is no such object; a bucket that is missing is told in other words. */
export function isAbsent(error: unknown): boolean {
  const message = error instanceof Error ? error.message : ''
  return statusOf(error) === 404 && !/bucket does not exist/i.test(message)
}

/** Whether a condition was not met. */
export function isRefused(error: unknown): boolean {
  return statusOf(error) === 412
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  for (const property of ['code', 'status']) {
    const value = Number(Reflect.get(error, property))
    if (Number.isInteger(value) && value >= 100 && value < 600) return value
  }
  return undefined
}

function reasonWord(error: unknown): string | undefined {
  const list: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'errors') : undefined
  return Array.isArray(list) ? wordOf(list[0], 'reason') : undefined
}
