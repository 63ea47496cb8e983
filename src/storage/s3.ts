import type * as Sdk from '@aws-sdk/client-s3'
import type { ListedObject } from './storage.ts'
import { markName, partBytes } from './object-store.ts'
import type { ObjectRead, ObjectStore, Resume, StoredObject } from './object-store.ts'
import { isAbsent, isClash, isRefused, s3Fault } from './s3-fault.ts'
import { uploadParts } from './s3-upload.ts'
import type { S3Package } from './s3-upload.ts'
import { wholeFile } from './local-file.ts'
import { pauseAbout, pauseAfter, tries } from './again.ts'

/** How many keys one request deletes at most (AWS, "DeleteObjects"). */
const mostDeletes = 1000

/**
 * A bucket of S3, or of a store that speaks its protocol. Creation is `If-None-Match: *` (AWS, "Conditional
 * writes"), on the request that completes it where an object is uploaded in parts.
 */
export function s3Store(sdk: S3Package, client: Sdk.S3Client, bucket: string): ObjectStore {
  return {
    kind: 's3',
    head: (key) => head(sdk, client, bucket, key),
    read: (key, from) => read(sdk, client, bucket, key, from),
    create: (key, bytes, mark) =>
      created(() =>
        client.send(
          new sdk.PutObjectCommand({
            Bucket: bucket,
            Key: key,
            Body: bytes,
            IfNoneMatch: '*',
            Metadata: { [markName]: mark },
          }),
        ),
      ),
    async put(key, bytes) {
      await client.send(new sdk.PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }))
    },
    async upload(key, file, mark) {
      if (file.size <= partBytes) return this.create(key, await wholeFile(file), mark)
      // Ceph 16 knows the condition of `put`, and ignores that of a completed upload.
      if (await this.head(key)) return false
      return created(() => uploadParts({ sdk, client, bucket, key, file, mark }))
    },
    async delete(keys) {
      for (let start = 0; start < keys.length; start += mostDeletes) {
        const Objects = keys.slice(start, start + mostDeletes).map((Key) => ({ Key }))
        const answer = await client.send(
          new sdk.DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
        )
        const [first] = answer.Errors ?? []
        if (first)
          throw Object.assign(new Error('an object was not deleted'), { name: first.Code ?? 'Error' })
      }
    },
    list: (prefix, after) => list(sdk, client, bucket, prefix, after),
    abandon: (prefix, before) => abandon(sdk, client, bucket, prefix, before),
    faultOf: s3Fault,
    close: () => client.destroy(),
  }
}

/**
 * Whether a conditional request was done; false when the store refuses it. Where two requests clash, S3 asks to
 * make the request again.
 */
async function created(request: () => Promise<unknown>): Promise<boolean> {
  for (let tried = 1; ; tried++) {
    try {
      await request()
      return true
    } catch (error) {
      if (isRefused(error)) return false
      if (!isClash(error) || tried === tries) throw error
      await pauseAbout(pauseAfter(tried))
    }
  }
}

async function head(
  { HeadObjectCommand }: S3Package,
  client: Sdk.S3Client,
  bucket: string,
  key: string,
): Promise<StoredObject | undefined> {
  try {
    const { ContentLength, ETag, Metadata } = await client.send(
      new HeadObjectCommand({ Bucket: bucket, Key: key }),
    )
    return { size: ContentLength ?? 0, token: ETag ?? '', mark: Metadata?.[markName] }
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

async function read(
  { GetObjectCommand }: S3Package,
  client: Sdk.S3Client,
  bucket: string,
  key: string,
  from: Resume | undefined,
): Promise<ObjectRead | undefined> {
  const rest = from && { Range: `bytes=${from.offset}-`, IfMatch: from.token }
  try {
    const { Body, ContentLength, ETag } = await client.send(
      new GetObjectCommand({ Bucket: bucket, Key: key, ...rest }),
    )
    const size = (from?.offset ?? 0) + (ContentLength ?? 0)
    return { token: ETag ?? '', size, body: Body as AsyncIterable<Uint8Array> }
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

async function* list(
  { ListObjectsV2Command }: S3Package,
  client: Sdk.S3Client,
  bucket: string,
  prefix: string,
  after: string,
): AsyncGenerator<ListedObject> {
  let next: string | undefined
  do {
    const page = await client.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        ...(next !== undefined && { ContinuationToken: next }),
        ...(next === undefined && after !== '' && { StartAfter: after }),
      }),
    )
    for (const { Key, Size, LastModified } of page.Contents ?? []) {
      if (Key !== undefined) yield { key: Key, size: Size ?? 0, modified: LastModified?.getTime() ?? 0 }
    }
    next = page.IsTruncated ? page.NextContinuationToken : undefined
  } while (next !== undefined)
}

async function abandon(
  { ListMultipartUploadsCommand, AbortMultipartUploadCommand }: S3Package,
  client: Sdk.S3Client,
  bucket: string,
  prefix: string,
  before: number,
): Promise<number> {
  let count = 0
  let marker: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } | undefined = {}
  while (marker) {
    const page: Sdk.ListMultipartUploadsCommandOutput = await client.send(
      new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...marker }),
    )
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key === undefined || UploadId === undefined || (Initiated?.getTime() ?? Infinity) >= before)
        continue
      await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }))
      count++
    }
    const { IsTruncated, NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page
    marker =
      IsTruncated && KeyMarker !== undefined
        ? { KeyMarker, ...(UploadIdMarker !== undefined && { UploadIdMarker }) }
        : undefined
  }
  return count
}
