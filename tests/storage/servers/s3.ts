import { createHash, randomUUID } from 'node:crypto'
import { rangeOf, sortedKeys, startServer } from './server.ts'
import type { Options, Reply, Request, TestServer } from './server.ts'

interface StoredObject {
  readonly body: Buffer
  readonly etag: string
  readonly modified: Date
  readonly metadata: { readonly [header: string]: string }
}

interface Upload {
  readonly key: string
  readonly parts: Map<number, Buffer>
  readonly metadata: StoredObject['metadata']
  readonly initiated: Date
}

export interface S3Server extends TestServer {
  readonly objects: Map<string, StoredObject>
  readonly uploads: Map<string, Upload>
}

interface S3Options extends Options {
  /** A wrong server: it takes every creation, condition or not. */
  readonly ignoresConditions?: boolean
  readonly pageSize?: number
  readonly region?: string
}

/**
 * S3's protocol as far as Sluice speaks it, for the official SDK: put, conditional put, get with ranges, head,
 * list (version 2) by pages, multipart uploads with a conditional end, delete of many. Signatures are not
 * checked, but must be there. It has one bucket, `lake`; the key `denied` opens nothing.
 */
export async function s3Server(options: S3Options = {}): Promise<S3Server> {
  const objects = new Map<string, StoredObject>()
  const uploads = new Map<string, Upload>()
  const server = await startServer(
    kindOf,
    (request) => answer(request, { objects, uploads, options: server.options }),
    options,
  )
  return Object.assign(server, { objects, uploads })
}

interface State {
  readonly objects: Map<string, StoredObject>
  readonly uploads: Map<string, Upload>
  readonly options: S3Options
}

function kindOf({ method, query, path }: Request): string {
  const hasKey = path.split('/').length > 2 && !path.endsWith('/lake/')
  if (method === 'POST') return query.has('delete') ? 'delete' : query.has('uploads') ? 'begin' : 'complete'
  if (method === 'PUT') return query.has('partNumber') ? 'part' : 'put'
  if (method === 'DELETE') return query.has('uploadId') ? 'abort' : 'delete'
  if (method === 'HEAD') return 'head'
  return hasKey ? 'get' : query.has('uploads') ? 'uploads' : 'list'
}

function answer(request: Request, state: State): Reply {
  const refusal = unauthorized(request, state.options)
  if (refusal) return refusal
  const [, bucket = '', ...rest] = request.path.split('/')
  if (bucket !== 'lake') return failed(404, 'NoSuchBucket')
  const key = decodeURIComponent(rest.join('/'))
  switch (kindOf(request)) {
    case 'put':
      return put(request, state, key)
    case 'begin':
      return begin(request, state, key)
    case 'part':
      return part(request, state)
    case 'complete':
      return complete(request, state, key)
    case 'abort':
      state.uploads.delete(request.query.get('uploadId') ?? '')
      return { status: 204 }
    case 'delete':
      return removeMany(request, state)
    case 'list':
      return list(request, state)
    case 'uploads':
      return listUploads(request, state)
    default:
      return get(request, state, key)
  }
}

/** The parts of an `Authorization` header (AWS, Signature Version 4) are looked at, not its sum. */
function unauthorized({ headers }: Request, { region }: S3Options): Reply | undefined {
  const match = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/s3\/aws4_request, /.exec(
    headers.authorization ?? '',
  )
  if (!match) return failed(403, 'AccessDenied')
  if (match[1] === 'denied') return failed(403, 'AccessDenied')
  if (match[1] === 'unknown') return failed(403, 'InvalidAccessKeyId')
  if (region !== undefined && match[2] !== region) return failed(400, 'AuthorizationHeaderMalformed')
  return undefined
}

function condition({ headers }: Request, { objects, options }: State, key: string): Reply | undefined {
  if (options.ignoresConditions) return undefined
  const refused = headers['if-none-match'] === '*' && objects.has(key)
  return refused ? failed(412, 'PreconditionFailed') : undefined
}

function put(request: Request, state: State, key: string): Reply {
  const refused = condition(request, state, key)
  if (refused) return refused
  const body = bodyOf(request)
  const etag = `"${md5(body).toString('hex')}"`
  state.objects.set(key, { body, etag, modified: new Date(), metadata: metadataOf(request) })
  return { status: 200, headers: { etag } }
}

function begin(request: Request, { uploads }: State, key: string): Reply {
  const id = randomUUID()
  uploads.set(id, { key, parts: new Map(), metadata: metadataOf(request), initiated: new Date() })
  return xml(
    `<InitiateMultipartUploadResult><Key>${escaped(key)}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
  )
}

function part(request: Request, { uploads }: State): Reply {
  const upload = uploads.get(request.query.get('uploadId') ?? '')
  if (!upload) return failed(404, 'NoSuchUpload')
  const body = bodyOf(request)
  upload.parts.set(Number(request.query.get('partNumber')), body)
  return { status: 200, headers: { etag: `"${md5(body).toString('hex')}"` } }
}

function complete(request: Request, state: State, key: string): Reply {
  const id = request.query.get('uploadId') ?? ''
  const upload = state.uploads.get(id)
  if (!upload) return failed(404, 'NoSuchUpload')
  const refused = condition(request, state, key)
  if (refused) return refused
  const named = [...request.body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(([, n]) =>
    Number(n),
  )
  const parts = named.map((number) => upload.parts.get(number))
  if (parts.some((body, i) => body === undefined || (i < parts.length - 1 && body.length < 5 * 2 ** 20)))
    return failed(400, 'EntityTooSmall')
  const whole = parts.filter((body) => body !== undefined)
  const etag = `"${md5(Buffer.concat(whole.map(md5))).toString('hex')}-${whole.length}"`
  state.objects.set(key, {
    body: Buffer.concat(whole),
    etag,
    modified: new Date(),
    metadata: upload.metadata,
  })
  state.uploads.delete(id)
  return xml(
    `<CompleteMultipartUploadResult><Key>${escaped(key)}</Key><ETag>${escaped(etag)}</ETag></CompleteMultipartUploadResult>`,
  )
}

function get(request: Request, { objects }: State, key: string): Reply {
  const object = objects.get(key)
  if (!object) return failed(404, 'NoSuchKey')
  const wanted = request.headers['if-match']
  if (wanted !== undefined && wanted !== object.etag) return failed(412, 'PreconditionFailed')
  const range = rangeOf(object.body, request.headers.range)
  if (!range) return failed(416, 'InvalidRange')
  const headers = {
    etag: object.etag,
    'last-modified': object.modified.toUTCString(),
    'content-type': 'application/octet-stream',
    ...object.metadata,
    ...(range.from !== undefined && {
      'content-range': `bytes ${range.from}-${range.from + range.part.length - 1}/${object.body.length}`,
    }),
  }
  return { status: range.from === undefined ? 200 : 206, headers, body: range.part }
}

function removeMany({ body }: Request, { objects }: State): Reply {
  const keys = [...body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => unescaped(key))
  if (keys.length > 1000) return failed(400, 'MalformedXML')
  for (const key of keys) objects.delete(key)
  return xml('<DeleteResult></DeleteResult>')
}

function list({ query }: Request, { objects, options }: State): Reply {
  const prefix = query.get('prefix') ?? ''
  const token = query.get('continuation-token')
  const after = token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64').toString()
  const sorted = sortedKeys(objects.keys())
  const keys = sorted.filter(
    (key) => key.startsWith(prefix) && Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0,
  )
  const page = keys.slice(0, options.pageSize ?? 1000)
  const more = keys.length > page.length
  const next = Buffer.from(page.at(-1) ?? '').toString('base64')
  const contents = page.flatMap((key) => {
    const object = objects.get(key)
    return object
      ? [
          `<Contents><Key>${escaped(key)}</Key><LastModified>${object.modified.toISOString()}</LastModified><ETag>${escaped(object.etag)}</ETag><Size>${object.body.length}</Size></Contents>`,
        ]
      : []
  })
  return xml(
    `<ListBucketResult><KeyCount>${page.length}</KeyCount><IsTruncated>${more}</IsTruncated>${more ? `<NextContinuationToken>${next}</NextContinuationToken>` : ''}${contents.join('')}</ListBucketResult>`,
  )
}

function listUploads({ query }: Request, { uploads }: State): Reply {
  const prefix = query.get('prefix') ?? ''
  const found = [...uploads].filter(([, { key }]) => key.startsWith(prefix))
  const items = found.map(
    ([id, { key, initiated }]) =>
      `<Upload><Key>${escaped(key)}</Key><UploadId>${id}</UploadId><Initiated>${initiated.toISOString()}</Initiated></Upload>`,
  )
  return xml(
    `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${items.join('')}</ListMultipartUploadsResult>`,
  )
}

/** The bytes of a request; those that are sent in signed or unsigned chunks are put together. */
function bodyOf({ headers, body }: Request): Buffer {
  const chunked =
    headers['content-encoding']?.includes('aws-chunked') ||
    String(headers['x-amz-content-sha256']).startsWith('STREAMING')
  if (!chunked) return body
  const chunks: Buffer[] = []
  for (let at = 0; at < body.length;) {
    const end = body.indexOf('\r\n', at)
    const size = Number.parseInt(body.toString('latin1', at, end), 16)
    if (!size) break
    chunks.push(body.subarray(end + 2, end + 2 + size))
    at = end + 4 + size
  }
  return Buffer.concat(chunks)
}

function metadataOf({ headers }: Request): StoredObject['metadata'] {
  const entries = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-'))
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]))
}

function md5(bytes: Buffer): Buffer {
  return createHash('md5').update(bytes).digest()
}

function xml(text: string): Reply {
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>${text}`,
  }
}

/** An error as S3 tells it. */
function failed(status: number, code: string): Reply {
  return { ...xml(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`), status }
}

const marks = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' }

function escaped(text: string): string {
  return text.replaceAll(/[<>&"]/g, (mark) => marks[mark as keyof typeof marks])
}

function unescaped(text: string): string {
  return text
    .replaceAll(/&#x([0-9A-Fa-f]+);/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replaceAll(
      /&(lt|gt|quot|apos|amp);/g,
      (_, name: string) => ({ lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' })[name] ?? '',
    )
}
