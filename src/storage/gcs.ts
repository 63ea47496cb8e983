import type { Bucket, FileMetadata } from '@google-cloud/storage'
import pLimit from 'p-limit'
import { gcsFault, isAbsent, isRefused } from './gcs-fault.ts'
import { created, markName, partBytes, partSize } from './object-store.ts'
import type { LocalFile, ObjectRead, ObjectStore, Resume, StoredObject } from './object-store.ts'
import type { ListedObject } from './storage.ts'

const deletesAtOnce = 16
const absent = { ifGenerationMatch: 0 } as const
/** A part of a resumable upload is a multiple of this (Google, "Resumable uploads"). */
const quantum = 256 * 1024

/** A bucket of Google Cloud Storage. Creation is `ifGenerationMatch=0` (Google, "Request preconditions"). */
export function gcsStore(bucket: Bucket): ObjectStore {
  return {
    kind: 'gcs',
    head: (key) => head(bucket, key),
    read: (key, from) => read(bucket, key, from),
    create: (key, bytes, mark) =>
      created(
        bucket.file(key).save(Buffer.from(bytes), {
          resumable: false,
          preconditionOpts: absent,
          metadata: { metadata: { [markName]: mark } },
        }),
        isRefused,
      ),
    async put(key, bytes) {
      await bucket.file(key).save(Buffer.from(bytes), { resumable: false })
    },
    upload: (key, file, mark) => upload(bucket, key, file, mark),
    async delete(keys) {
      const limited = pLimit(deletesAtOnce)
      const removed = keys.map((key) => limited(() => bucket.file(key).delete({ ignoreNotFound: true })))
      for (const outcome of await Promise.allSettled(removed)) {
        if (outcome.status === 'rejected') throw outcome.reason
      }
    },
    list: (prefix, after) => list(bucket, prefix, after),
    // Google drops uploads that are not ended after a week.
    abandon: async () => 0,
    faultOf: gcsFault,
    close() {
      // The client holds nothing that is to be closed.
    },
  }
}

function upload(bucket: Bucket, key: string, file: LocalFile, mark: string): Promise<boolean> {
  const large = file.size > partBytes
  const chunkSize = Math.ceil(partSize(file.size) / quantum) * quantum
  return created(
    bucket.upload(file.path, {
      destination: key,
      resumable: large,
      ...(large && { chunkSize }),
      validation: 'crc32c',
      preconditionOpts: absent,
      metadata: { contentType: 'application/octet-stream', metadata: { [markName]: mark } },
    }),
    isRefused,
  )
}

async function head(bucket: Bucket, key: string): Promise<StoredObject | undefined> {
  try {
    const [found] = await bucket.file(key).getMetadata()
    const mark = found.metadata?.[markName]
    return {
      size: Number(found.size ?? 0),
      token: String(found.generation),
      mark: typeof mark === 'string' ? mark : undefined,
    }
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

/** What the SDK shows of an answer while its body is read. */
interface Answer {
  readonly statusCode: number
  toJSON(): { readonly headers: { readonly [header: string]: string | undefined } }
}

async function read(bucket: Bucket, key: string, from: Resume | undefined): Promise<ObjectRead | undefined> {
  const file = bucket.file(key, from && { generation: from.token })
  const stream = file.createReadStream({
    decompress: false,
    ...(from ? { start: from.offset, validation: false as const } : { validation: 'crc32c' as const }),
  })
  try {
    const headers = await new Promise<ReturnType<Answer['toJSON']>['headers']>((resolve, reject) => {
      // Stays: an error that comes before the body is read must not end the process.
      stream.on('error', reject)
      stream.once('response', (answer: Answer) => {
        if (answer.statusCode < 300) resolve(answer.toJSON().headers)
      })
      // The SDK asks when the first bytes are wanted.
      stream.read(0)
    })
    const rest = Number(headers['content-length'] ?? 0)
    return {
      token: headers['x-goog-generation'] ?? '',
      size: (from?.offset ?? 0) + rest,
      body: stream,
    }
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

async function* list(bucket: Bucket, prefix: string, after: string): AsyncGenerator<ListedObject> {
  let next: object | null = {
    prefix,
    autoPaginate: false,
    ...(after !== '' && { startOffset: after }),
  }
  while (next !== null) {
    // The SDK's types leave out that the next query is null after the last page; it forgets that pages are ours.
    const [files, query]: [{ name: string; metadata: FileMetadata }[], object | null, unknown] =
      await bucket.getFiles(next)
    for (const { name, metadata } of files) {
      yield {
        key: name,
        size: Number(metadata.size ?? 0),
        modified: Date.parse(metadata.updated ?? '') || 0,
      }
    }
    next = query && { ...query, autoPaginate: false }
  }
}
