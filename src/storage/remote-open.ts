import { join, resolve } from 'node:path'
import { sha256 } from '../base/digest.ts'
import { cacheFolder } from '../base/names.ts'
import { ProblemError } from '../base/problem.ts'
import { parseSize } from '../base/size.ts'
import type { AzureOptions } from './azure-open.ts'
import type { GcsOptions } from './gcs-open.ts'
import { defaultCache } from './kinds.ts'
import type { StorageConfig } from './kinds.ts'
import type { ObjectStore } from './object-store.ts'
import { resolved } from './references.ts'
import { remoteStorage } from './remote.ts'
import type { S3Options } from './s3-open.ts'
import type { Storage } from './storage.ts'

/** The options of any store, as its file says them. */
interface RemoteKeys {
  readonly bucket?: string
  readonly container?: string
  readonly account?: string
  readonly connectionString?: string
  readonly endpoint?: string
  readonly prefix?: string
  readonly cache?: string
  readonly cacheFolder?: string
}

const schemes = { s3: 's3', azure: 'azure', gcs: 'gs' } as const

/** Opens a storage in a bucket; the SDK is loaded now. Throws what `openStorage` says. */
export async function openRemote(config: StorageConfig, kind: ObjectStore['kind']): Promise<Storage> {
  const written = config.options as RemoteKeys
  const options = resolved(config, written)
  checkNames(config.name, options)
  const { endpoint, bucket, container, prefix } = options
  const identity = JSON.stringify([kind, endpoint, accountOf(options), bucket ?? container, prefix])
  const here = join(config.project, cacheFolder)
  const store = await openStore(config, kind, options)
  return remoteStorage(store, {
    place: placeOf(kind, written),
    prefix: folderOf(options.prefix),
    identity,
    staging: join(here, 'staging'),
    probed: join(here, 'probed', sha256(identity).slice(0, 20)),
    cache: {
      folder:
        options.cacheFolder === undefined
          ? join(here, 'cache')
          : resolve(config.project, options.cacheFolder),
      limit: parseSize(options.cache ?? defaultCache) ?? 0,
    },
  })
}

async function openStore(
  { project, name }: StorageConfig,
  kind: ObjectStore['kind'],
  options: RemoteKeys,
): Promise<ObjectStore> {
  // The file was checked against the keys of its kind.
  switch (kind) {
    case 's3':
      return (await import('./s3-open.ts')).openS3(project, name, options as S3Options)
    case 'azure':
      return (await import('./azure-open.ts')).openAzure(project, name, options as AzureOptions)
    case 'gcs':
      return (await import('./gcs-open.ts')).openGcs(project, name, options as GcsOptions)
  }
}

/** The account of a container: of a connection string only the parts that are no secret. */
function accountOf({ account, connectionString }: RemoteKeys): string | undefined {
  const parts = connectionString?.match(/(?:AccountName|BlobEndpoint)=[^;]+/g)
  return parts?.join(';') ?? account
}

/** Where the storage is, with references as they were written: what a variable holds is never shown. */
function placeOf(kind: ObjectStore['kind'], { bucket, container, account, prefix }: RemoteKeys): string {
  const parts = kind === 'azure' ? [account, container] : [bucket]
  const path = [...parts.filter((part) => part !== undefined), ...segments(prefix)].join('/')
  return `${schemes[kind]}://${path}`
}

function folderOf(prefix: string | undefined): string {
  return segments(prefix)
    .map((segment) => `${segment}/`)
    .join('')
}

function segments(prefix: string | undefined): string[] {
  return (prefix ?? '').split('/').filter((segment) => segment !== '')
}

/** What came from the environment is checked as what stands in the file is; messages do not show it. */
function checkNames(storage: string, options: RemoteKeys): void {
  const faults: [key: string, fault: string][] = []
  for (const key of ['bucket', 'container', 'account'] as const) {
    const value = options[key]
    if (value !== undefined && !/^[\w.-]+$/.test(value)) faults.push([key, 'is not the name of one'])
  }
  if (segments(options.prefix).some((segment) => segment === '.' || segment === '..')) {
    faults.push(['prefix', 'holds a segment . or ..'])
  }
  if (options.endpoint !== undefined && !isPlainAddress(options.endpoint)) {
    faults.push([
      'endpoint',
      'is not an address such as https://host:port, without a user, a password or a query',
    ])
  }
  if (faults.length === 0) return
  throw new ProblemError(
    faults.map(([key, fault]) => ({
      code: 'storage/config-invalid',
      message: `storage '${storage}': '${key}' ${fault}`,
      where: { file: `storage/${storage}.yaml` },
    })),
  )
}

/** Whether an endpoint holds nothing that could be a secret, such as a shared access signature. */
function isPlainAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  return ['http:', 'https:'].includes(protocol) && `${username}${password}${search}${hash}` === ''
}
