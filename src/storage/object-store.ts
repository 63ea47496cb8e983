import type { ListedObject } from './storage.ts'
import type { StoreFault } from './store-fault.ts'

/**
 * What a bucket can do: the small part in which S3, Azure Blob and Google Cloud Storage differ. Keys are those
 * of the bucket, prefix included. `RemoteStorage` makes a `Storage` of it. Methods throw what the SDK throws,
 * which `faultOf` explains.
 */
export interface ObjectStore {
  readonly kind: 's3' | 'azure' | 'gcs'

  /** Undefined where there is no object. */
  head(key: string): Promise<StoredObject | undefined>
  /** The bytes of an object, or undefined where there is none. */
  read(key: string, from?: Resume): Promise<ObjectRead | undefined>
  /** Creates an object by the store's own condition: false when the store refuses, because there is one. */
  create(key: string, bytes: Uint8Array, mark: string): Promise<boolean>
  /** Creates or replaces an object. */
  put(key: string, bytes: Uint8Array): Promise<void>
  /** Creates an object from a file, in parts when it is large, with flat memory: false as in `create`. */
  upload(key: string, file: LocalFile, mark: string): Promise<boolean>
  /** Deletes objects; those that are absent are no error. */
  delete(keys: readonly string[]): Promise<void>
  /** Objects under a prefix, page by page. May give those up to `after` too. */
  list(prefix: string, after: string): AsyncIterable<ListedObject>
  /** Ends uploads that were begun before a time (ms since 1970) and never ended; their number. */
  abandon(prefix: string, before: number): Promise<number>
  /** What an error of the SDK means. */
  faultOf(error: unknown): StoreFault
  close(): void
}

export interface StoredObject {
  readonly size: number
  /** Changes with the content: an ETag or a generation. */
  readonly token: string
  /** What the creation of the object was marked with, to know it again after a lost reply. */
  readonly mark: string | undefined
}

/** Where reading goes on after a connection broke: only in the same content. */
export interface Resume {
  readonly offset: number
  readonly token: string
}

export interface ObjectRead {
  readonly token: string
  /** Of the whole object, also where only the rest is read. */
  readonly size: number
  readonly body: AsyncIterable<Uint8Array>
}

export interface LocalFile {
  readonly path: string
  readonly size: number
}

/** The name of the metadata that holds the mark. Azure allows letters, digits and `_` only. */
export const markName = 'sluicemark'

/** From this size on a file is uploaded in parts, each as large where the store's limit of parts allows. */
export const partBytes = 8 * 2 ** 20
/** How many parts of all uploads of a storage are on their way at once. */
export const partsAtOnce = 4
/** Fewer than any of the three stores allows: S3 takes 10,000 parts, Azure 50,000 blocks. */
const mostParts = 9000

/** The size of each part of a file: 8 MiB, and more above 75 GB. */
export function partSize(size: number): number {
  return Math.max(partBytes, Math.ceil(size / mostParts))
}

/** Whether a conditional request was done; false when the store refuses it, because there is such an object. */
export async function created(
  request: Promise<unknown>,
  isRefused: (error: unknown) => boolean,
): Promise<boolean> {
  try {
    await request
    return true
  } catch (error) {
    if (isRefused(error)) return false
    throw error
  }
}
