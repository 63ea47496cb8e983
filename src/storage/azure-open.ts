import type * as Identity from '@azure/identity'
import type * as Sdk from '@azure/storage-blob'
import { ProblemError } from '../base/problem.ts'
import { azureStore } from './azure.ts'
import { driverPackage } from './driver-package.ts'
import type { ObjectStore } from './object-store.ts'

/** What `storage/<name>.yaml` says of a container, references resolved. */
export interface AzureOptions {
  readonly container: string
  readonly account?: string
  readonly endpoint?: string
  readonly connectionString?: string
  readonly accountKey?: string
  readonly sasToken?: string
}

/**
 * Opens a container: by a connection string, an account's key or a shared access signature, else by the usual
 * chain of `@azure/identity` (environment, workload or managed identity, `az login`).
 */
export async function openAzure(
  project: string,
  storage: string,
  options: AzureOptions,
): Promise<ObjectStore> {
  const sdk = await driverPackage<typeof Sdk>(project, storage, '@azure/storage-blob')
  const service = await serviceOf(sdk, project, storage, options)
  return azureStore(service.getContainerClient(options.container))
}

async function serviceOf(
  sdk: typeof Sdk,
  project: string,
  storage: string,
  options: AzureOptions,
): Promise<Sdk.BlobServiceClient> {
  const { account, accountKey, sasToken, connectionString } = options
  const pipeline = { retryOptions: { maxTries: 4, retryDelayInMs: 200, maxRetryDelayInMs: 10_000 } }
  if (connectionString !== undefined) {
    try {
      return sdk.BlobServiceClient.fromConnectionString(connectionString, pipeline)
    } catch {
      // The SDK's message may hold a part of the string.
      throw invalid(
        storage,
        "'connectionString' is not one of Azure Storage",
        'copy it whole from the portal',
      )
    }
  }
  const url = options.endpoint ?? `https://${account ?? ''}.blob.core.windows.net`
  if (sasToken !== undefined) {
    return new sdk.BlobServiceClient(`${url}?${sasToken.replace(/^\?/, '')}`, undefined, pipeline)
  }
  if (accountKey !== undefined && account !== undefined) {
    return new sdk.BlobServiceClient(url, new sdk.StorageSharedKeyCredential(account, accountKey), pipeline)
  }
  const identity = await driverPackage<typeof Identity>(project, storage, '@azure/identity')
  return new sdk.BlobServiceClient(url, new identity.DefaultAzureCredential(), pipeline)
}

function invalid(storage: string, message: string, hint: string): ProblemError {
  return new ProblemError({
    code: 'storage/config-invalid',
    message: `storage '${storage}': ${message}`,
    where: { file: `storage/${storage}.yaml` },
    hint,
  })
}
