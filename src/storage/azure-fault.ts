import { networkFault, reasonOf, wordOf } from './store-fault.ts'
import type { FaultReason, StoreFault } from './store-fault.ts'

/** Words of Azure (Microsoft, "Blob service error codes") and of its identity package. */
const words: { readonly [word: string]: FaultReason } = {
  ContainerNotFound: 'no-bucket',
  ContainerBeingDeleted: 'no-bucket',
  AuthenticationFailed: 'bad-credentials',
  InvalidAuthenticationInfo: 'bad-credentials',
  NoAuthenticationInformation: 'no-credentials',
  AuthorizationFailure: 'denied',
  AuthorizationPermissionMismatch: 'denied',
  InsufficientAccountPermissions: 'denied',
  PublicAccessNotPermitted: 'no-credentials',
  CredentialUnavailableError: 'no-credentials',
  AggregateAuthenticationError: 'no-credentials',
  AuthenticationRequiredError: 'no-credentials',
  AuthenticationError: 'bad-credentials',
  ServerBusy: 'busy',
  OperationTimedOut: 'busy',
}

/** What an error of the Azure SDK means. */
export function azureFault(error: unknown): StoreFault {
  const names = [wordOf(error, 'code'), wordOf(error, 'name')].filter((word) => word !== undefined)
  const known = names.find((word) => word in words)
  if (known !== undefined) return { reason: words[known] ?? 'other', word: known }
  const network = networkFault(error)
  if (network) return network
  const status = statusOf(error)
  const word = wordOf(error, 'code') ?? (status === undefined ? 'unknown' : `HTTP ${status}`)
  return { reason: reasonOf(status), word }
}

/** Whether there is no such blob; a container that is missing is another matter. */
export function isAbsent(error: unknown): boolean {
  return statusOf(error) === 404 && azureFault(error).reason !== 'no-bucket'
}

/** Whether the condition "only if absent" was not met. */
export function isRefused(error: unknown): boolean {
  const status = statusOf(error)
  const word = wordOf(error, 'code')
  return (status === 409 && word === 'BlobAlreadyExists') || (status === 412 && word !== 'LeaseIdMissing')
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const status: unknown = Reflect.get(error, 'statusCode')
  return typeof status === 'number' ? status : undefined
}
