import { networkFault, reasonOf, wordOf } from './store-fault.ts'
import type { FaultReason, StoreFault } from './store-fault.ts'

/** Words of S3 (AWS, "Error responses") and of the SDK, where the status does not say it. */
const words: { readonly [word: string]: FaultReason } = {
  NoSuchBucket: 'no-bucket',
  AccessDenied: 'denied',
  AllAccessDisabled: 'denied',
  AccountProblem: 'denied',
  InvalidAccessKeyId: 'bad-credentials',
  SignatureDoesNotMatch: 'bad-credentials',
  ExpiredToken: 'bad-credentials',
  InvalidToken: 'bad-credentials',
  TokenRefreshRequired: 'bad-credentials',
  CredentialsProviderError: 'no-credentials',
  TokenProviderError: 'no-credentials',
  PermanentRedirect: 'wrong-region',
  AuthorizationHeaderMalformed: 'wrong-region',
  IllegalLocationConstraintException: 'wrong-region',
  RequestTimeTooSkewed: 'clock',
  SlowDown: 'busy',
  InternalError: 'busy',
  ServiceUnavailable: 'busy',
  OperationAborted: 'busy',
  ConditionalRequestConflict: 'busy',
}

/** What an error of the AWS SDK means. */
export function s3Fault(error: unknown): StoreFault {
  const network = networkFault(error)
  if (network) return network
  const status = statusOf(error)
  const word = wordOf(error, 'name') ?? wordOf(error, 'Code')
  // A HEAD has no body to say why, so the SDK knows the status only.
  const known = word === undefined ? undefined : words[word]
  const named = status === 301 ? 'wrong-region' : known
  const region = error instanceof Error && error.message.startsWith('Region is missing')
  if (region) return { reason: 'wrong-region', word: 'no region' }
  const reason = named ?? reasonOf(status)
  const said = word === undefined || word === 'Error' || word === 'Unknown' ? undefined : word
  return { reason, word: said ?? (status === undefined ? 'unknown' : `HTTP ${status}`) }
}

/** Whether there is no such object; a bucket that is missing is another matter. */
export function isAbsent(error: unknown): boolean {
  const name = wordOf(error, 'name')
  return name !== 'NoSuchBucket' && (name === 'NotFound' || name === 'NoSuchKey' || statusOf(error) === 404)
}

/** Whether a condition was not met. */
export function isRefused(error: unknown): boolean {
  return statusOf(error) === 412
}

/** Two conditional writes, or a write and a delete, met: S3 asks to try again. */
export function isClash(error: unknown): boolean {
  return statusOf(error) === 409 && wordOf(error, 'name') !== 'BucketAlreadyExists'
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined
  return (error.$metadata as { readonly httpStatusCode?: number }).httpStatusCode
}
