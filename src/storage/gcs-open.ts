import { resolve } from 'node:path'
import type * as Sdk from '@google-cloud/storage'
import { driverPackage } from './driver-package.ts'
import { gcsStore } from './gcs.ts'
import type { ObjectStore } from './object-store.ts'

/** What `storage/<name>.yaml` says of a bucket, references resolved. */
export interface GcsOptions {
  readonly bucket: string
  readonly projectId?: string
  readonly endpoint?: string
  readonly keyFile?: string
}

/** Opens a bucket: by a key file, else by application default credentials; an own endpoint is asked without any. */
export async function openGcs(project: string, storage: string, options: GcsOptions): Promise<ObjectStore> {
  const sdk = await driverPackage<typeof Sdk>(project, storage, '@google-cloud/storage')
  const { bucket, projectId, endpoint, keyFile } = options
  const client = new sdk.Storage({
    retryOptions: {
      autoRetry: true,
      // With the usual figures a network that is down is told after a quarter of a minute for each call.
      maxRetries: 2,
      retryDelayMultiplier: 1.5,
      maxRetryDelay: 4,
      totalTimeout: 120,
      // All that is written is written the same again, and what is created has its condition.
      idempotencyStrategy: sdk.IdempotencyStrategy.RetryAlways,
    },
    timeout: 60_000,
    ...(keyFile !== undefined && { keyFilename: resolve(project, keyFile) }),
    // The bucket is named in each request; without a name the SDK would ask the machine's metadata for it.
    projectId: projectId ?? 'none',
    ...(endpoint !== undefined && {
      apiEndpoint: endpoint,
      useAuthWithCustomEndpoint: keyFile !== undefined,
    }),
  })
  return gcsStore(client.bucket(bucket))
}
