import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import type { Json } from '../../src/base/wire.ts'
import { openStorage } from '../../src/storage/config.ts'
import type { StorageConfig } from '../../src/storage/config.ts'
import type { ObjectStore } from '../../src/storage/object-store.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { azurite, azuriteAccount, azuriteKey } from './servers/azurite.ts'
import { gcsServer } from './servers/gcs.ts'
import { s3Server } from './servers/s3.ts'

/** A server that speaks the protocol of a cloud, and what a storage's file says to reach it. */
export interface Cloud {
  readonly kind: ObjectStore['kind']
  readonly options: { readonly [key: string]: Json }
  stop(): Promise<void>
}

export const clouds: { readonly [kind in ObjectStore['kind']]: () => Promise<Cloud> } = {
  async s3() {
    const server = await s3Server()
    return { kind: 's3', options: s3Options(server.url), stop: () => server.stop() }
  },
  async azure() {
    const server = await azurite()
    const credential = new StorageSharedKeyCredential(azuriteAccount, azuriteKey)
    await new BlobServiceClient(server.url, credential).getContainerClient('lake').create()
    const options = {
      account: azuriteAccount,
      accountKey: azuriteKey,
      container: 'lake',
      endpoint: server.url,
    }
    return { kind: 'azure', options, stop: () => server.stop() }
  },
  async gcs() {
    const server = await gcsServer()
    return { kind: 'gcs', options: { bucket: 'lake', endpoint: server.url }, stop: () => server.stop() }
  },
}

function s3Options(endpoint: string): Cloud['options'] {
  return { bucket: 'lake', endpoint, accessKeyId: 'one', secretAccessKey: 'two' }
}

/** The configuration of a storage in a cloud, as `readStorageConfig` gives it. */
function configOf(
  { kind, options }: Pick<Cloud, 'kind' | 'options'>,
  project: string,
  more: Cloud['options'] = {},
): StorageConfig {
  return { name: kind, kind, project, root: '', options: { ...options, ...more } }
}

let prefixes = 0

/** An empty storage in a cloud, with a project's folder of its own. */
export async function openIn(
  cloud: Pick<Cloud, 'kind' | 'options'>,
  more: Cloud['options'] = {},
): Promise<{ readonly storage: Storage; readonly project: string; readonly cleanUp: () => Promise<void> }> {
  const project = await mkdtemp(join(tmpdir(), `sluice-${cloud.kind}-`))
  const storage = await openStorage(configOf(cloud, project, { prefix: `lakes/${prefixes++}`, ...more }))
  return { storage, project, cleanUp: () => rm(project, { recursive: true, force: true }) }
}
