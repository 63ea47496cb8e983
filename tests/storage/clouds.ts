import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import type { Json } from '../../src/base/wire.ts'
import { openStorage } from '../../src/storage/config.ts'
import type { StorageConfig } from '../../src/storage/config.ts'
import type { ObjectStore } from '../../src/storage/object-store.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { azuriteAccount, azuriteKey } from './servers/azurite.ts'
import { beforeAzurite } from './servers/before-azurite.ts'
import { gcsServer } from './servers/gcs.ts'
import { s3Server } from './servers/s3.ts'
import type { TestServer } from './servers/server.ts'

/** A server that speaks the protocol of a cloud, and what a storage's file says to reach it. */
export interface Cloud {
  readonly kind: ObjectStore['kind']
  readonly options: { readonly [key: string]: Json }
  /** Where faults are made and requests are counted. */
  readonly server: TestServer
  stop(): Promise<void>
}

export const clouds: { readonly [kind in ObjectStore['kind']]: () => Promise<Cloud> } = {
  async s3() {
    const server = await s3Server()
    // Another server of S3's protocol, by hand: see docs/testing-storage.md.
    const other = process.env['SLUICE_TEST_S3']
    if (other !== undefined) {
      await makeBucket(other)
      return { kind: 's3', options: s3Options(other), server, stop: () => server.stop() }
    }
    return { kind: 's3', options: s3Options(server.url), server, stop: () => server.stop() }
  },
  async azure() {
    const server = await beforeAzurite()
    const endpoint = `${server.url}/${azuriteAccount}`
    const credential = new StorageSharedKeyCredential(azuriteAccount, azuriteKey)
    await new BlobServiceClient(endpoint, credential).getContainerClient('lake').create()
    const options = {
      account: azuriteAccount,
      accountKey: azuriteKey,
      container: 'lake',
      endpoint,
    }
    return { kind: 'azure', options, server, stop: () => server.stop() }
  },
  async gcs() {
    const server = await gcsServer()
    return {
      kind: 'gcs',
      options: { bucket: 'lake', endpoint: server.url },
      server,
      stop: () => server.stop(),
    }
  },
}

async function makeBucket(endpoint: string): Promise<void> {
  const credentials = { accessKeyId: 'hushone', secretAccessKey: 'hushtwo' }
  const client = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true, credentials })
  await client.send(new CreateBucketCommand({ Bucket: 'lake' })).catch((error: unknown) => {
    if (!(error instanceof Error && error.name === 'BucketAlreadyOwnedByYou')) throw error
  })
}

function s3Options(endpoint: string): Cloud['options'] {
  return { bucket: 'lake', endpoint, accessKeyId: 'hushone', secretAccessKey: 'hushtwo' }
}

/** The configuration of a storage in a cloud, as `readStorageConfig` gives it. */
function configOf(
  { kind, options }: Pick<Cloud, 'kind' | 'options'>,
  project: string,
  more: Cloud['options'] = {},
): StorageConfig {
  return { name: kind, kind, project, root: '', options: { ...options, ...more } }
}

let prefixes = Date.now()

/** An empty storage in a cloud, with a project's folder of its own. */
export async function openIn(
  cloud: Pick<Cloud, 'kind' | 'options'>,
  more: Cloud['options'] = {},
): Promise<{ readonly storage: Storage; readonly project: string; readonly cleanUp: () => Promise<void> }> {
  const project = await mkdtemp(join(tmpdir(), `sluice-${cloud.kind}-`))
  const storage = await openStorage(configOf(cloud, project, { prefix: `lakes/${prefixes++}`, ...more }))
  return { storage, project, cleanUp: () => rm(project, { recursive: true, force: true }) }
}
