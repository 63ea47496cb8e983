import type { ContainerClient } from '@azure/storage-blob'
import pLimit from 'p-limit'
import { azureFault, isAbsent, isRefused } from './azure-fault.ts'
import { compareKeys } from './keys.ts'
import { created, markName, partBytes, partSize, partsAtOnce } from './object-store.ts'
import type { LocalFile, ObjectRead, ObjectStore, Resume, StoredObject } from './object-store.ts'
import type { ListedObject } from './storage.ts'

/** A request without a body of its own kind takes no longer; the SDK has no limit of its own. */
const requestMs = 120_000
const deletesAtOnce = 16
const absent = { ifNoneMatch: '*' } as const

/**
 * A container of Azure Blob Storage. Creation is `If-None-Match: *`, which Azure refuses with 409
 * `BlobAlreadyExists` (Microsoft, "Specifying conditional headers for Blob service operations"). With a
 * hierarchical namespace (Data Lake) folders are entries too; they are no objects.
 */
export function azureStore(container: ContainerClient): ObjectStore {
  return {
    kind: 'azure',
    head: (key) => head(container, key),
    read: (key, from) => read(container, key, from),
    create: (key, bytes, mark) =>
      created(
        container.getBlockBlobClient(key).upload(bytes, bytes.length, {
          conditions: absent,
          metadata: { [markName]: mark },
          abortSignal: limit(),
        }),
        isRefused,
      ),
    async put(key, bytes) {
      await container.getBlockBlobClient(key).upload(bytes, bytes.length, { abortSignal: limit() })
    },
    upload: (key, file, mark) => upload(container, key, file, mark),
    async delete(keys) {
      const limited = pLimit(deletesAtOnce)
      const removed = keys.map((key) =>
        limited(() =>
          container.getBlobClient(key).deleteIfExists({ deleteSnapshots: 'include', abortSignal: limit() }),
        ),
      )
      for (const outcome of await Promise.allSettled(removed)) {
        if (outcome.status === 'rejected') throw outcome.reason
      }
    },
    list: (prefix) => list(container, prefix),
    // Azure drops blocks that are never committed after a week.
    abandon: async () => 0,
    faultOf: azureFault,
    close() {
      // The client holds nothing that is to be closed.
    },
  }
}

function upload(container: ContainerClient, key: string, file: LocalFile, mark: string): Promise<boolean> {
  return created(
    container.getBlockBlobClient(key).uploadFile(file.path, {
      blockSize: partSize(file.size),
      maxSingleShotSize: partBytes,
      concurrency: partsAtOnce,
      conditions: absent,
      metadata: { [markName]: mark },
    }),
    isRefused,
  )
}

async function head(container: ContainerClient, key: string): Promise<StoredObject | undefined> {
  try {
    const found = await container.getBlobClient(key).getProperties({ abortSignal: limit() })
    if (isFolder(found.metadata)) return undefined
    return { size: found.contentLength ?? 0, token: found.etag ?? '', mark: found.metadata?.[markName] }
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

async function read(
  container: ContainerClient,
  key: string,
  from: Resume | undefined,
): Promise<ObjectRead | undefined> {
  try {
    const found = await container
      .getBlobClient(key)
      .download(from?.offset ?? 0, undefined, from && { conditions: { ifMatch: from.token } })
    if (isFolder(found.metadata)) return undefined
    const size = (from?.offset ?? 0) + (found.contentLength ?? 0)
    const body = found.readableStreamBody as AsyncIterable<Uint8Array> | undefined
    return { token: found.etag ?? '', size, body: body ?? nothing() }
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

/**
 * Azure promises no order by bytes: characters outside the basic plane come earlier, and a hierarchical
 * namespace goes folder by folder. So all pages are read first.
 */
async function* list(container: ContainerClient, prefix: string): AsyncGenerator<ListedObject> {
  const found: ListedObject[] = []
  const blobs = container.listBlobsFlat({ prefix, includeMetadata: true })
  for await (const { name, properties, metadata } of blobs) {
    if (isFolder(metadata)) continue
    found.push({
      key: name,
      size: properties.contentLength ?? 0,
      modified: properties.lastModified.getTime(),
    })
  }
  yield* found.toSorted((a, b) => compareKeys(a.key, b.key))
}

/** A folder of a hierarchical namespace, as the Blob API shows it. */
function isFolder(metadata: { readonly [name: string]: string } | undefined): boolean {
  return metadata?.['hdi_isfolder'] === 'true'
}

function limit(): AbortSignal {
  return AbortSignal.timeout(requestMs)
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // An answer without a body.
}
