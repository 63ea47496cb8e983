import type * as Sdk from '@aws-sdk/client-s3'
import { eachPart } from './local-file.ts'
import { markName, partsAtOnce } from './object-store.ts'
import type { LocalFile } from './object-store.ts'

export type S3Package = typeof Sdk

interface PartsUpload {
  readonly sdk: S3Package
  readonly client: Sdk.S3Client
  readonly bucket: string
  readonly key: string
  readonly file: LocalFile
  readonly mark: string
}

interface Part {
  readonly PartNumber: number
  readonly ETag?: string
  readonly ChecksumCRC32?: string
}

/** Uploads a file in parts and completes it only if there is no such object. What fails leaves no parts. */
export async function uploadParts(upload: PartsUpload): Promise<void> {
  const { sdk, client, mark } = upload
  const object = { Bucket: upload.bucket, Key: upload.key }
  const { UploadId } = await client.send(
    new sdk.CreateMultipartUploadCommand({ ...object, Metadata: { [markName]: mark } }),
  )
  try {
    const Parts = await sendParts(upload, { ...object, UploadId })
    await client.send(
      new sdk.CompleteMultipartUploadCommand({
        ...object,
        UploadId,
        IfNoneMatch: '*',
        MultipartUpload: { Parts },
      }),
    )
  } catch (error) {
    // Parts that stay are paid for. When this fails too, `sweep` ends the upload later.
    await client.send(new sdk.AbortMultipartUploadCommand({ ...object, UploadId })).catch(() => undefined)
    throw error
  }
}

async function sendParts(
  { sdk, client, file }: PartsUpload,
  upload: { readonly Bucket: string; readonly Key: string; readonly UploadId: string | undefined },
): Promise<Part[]> {
  const parts: Part[] = []
  await eachPart(file, partsAtOnce, async (PartNumber, Body) => {
    const { ETag, ChecksumCRC32 } = await client.send(
      new sdk.UploadPartCommand({ ...upload, PartNumber, Body }),
    )
    parts[PartNumber - 1] = {
      PartNumber,
      ...(ETag !== undefined && { ETag }),
      ...(ChecksumCRC32 !== undefined && { ChecksumCRC32 }),
    }
  })
  return parts
}
