import type { S3ClientConfig } from '@aws-sdk/client-s3'
import { driverPackage } from './driver-package.ts'
import type { ObjectStore } from './object-store.ts'
import { s3Store } from './s3.ts'
import type { S3Package } from './s3-upload.ts'

/** What `storage/<name>.yaml` says of a bucket, references resolved. */
export interface S3Options {
  readonly bucket: string
  readonly region?: string
  readonly endpoint?: string
  readonly pathStyle?: boolean
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
  readonly sessionToken?: string
}

/** Opens a bucket. Without keys the SDK's usual chain looks for them: environment, profile, role of the machine. */
export async function openS3(project: string, storage: string, options: S3Options): Promise<ObjectStore> {
  const sdk = await driverPackage<S3Package>(project, storage, '@aws-sdk/client-s3')
  return s3Store(
    sdk,
    silently(() => new sdk.S3Client(clientConfig(options))),
    options.bucket,
  )
}

function clientConfig(options: S3Options): S3ClientConfig {
  const { endpoint, accessKeyId, secretAccessKey, sessionToken } = options
  const region = options.region ?? (endpoint === undefined ? undefined : 'us-east-1')
  const checksums = endpoint === undefined ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED'
  return {
    maxAttempts: 4,
    // Stores other than AWS's know names of buckets in the path more often than in the host.
    forcePathStyle: options.pathStyle ?? endpoint !== undefined,
    requestChecksumCalculation: checksums,
    responseChecksumValidation: checksums,
    requestHandler: { connectionTimeout: 10_000, requestTimeout: 60_000, throwOnRequestTimeout: true },
    // Errors come as Problems; the SDK would print warnings about Node versions and such.
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && {
        credentials: {
          accessKeyId,
          secretAccessKey,
          ...(sessionToken !== undefined && { sessionToken }),
        },
      }),
  }
}

/** The SDK tells of its plans for versions of Node, at every start and in the middle of what we print. */
function silently<T>(make: () => T): T {
  const variable = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'
  const before = process.env[variable]
  process.env[variable] = 'true'
  try {
    return make()
  } finally {
    if (before === undefined) delete process.env[variable]
    else process.env[variable] = before
  }
}

function quiet(): void {
  // Nothing of the SDK is shown: it may hold names of keys and signed URLs.
}
