import { createHash, randomUUID } from 'node:crypto'
import { crc32c } from './crc32c.ts'
import { rangeOf, sortedKeys, startServer } from './server.ts'
import type { Options, Reply, Request, TestServer } from './server.ts'

interface StoredObject {
  readonly body: Buffer
  readonly generation: bigint
  readonly updated: string
  readonly metadata: { readonly [name: string]: string }
}

interface Session {
  readonly name: string
  readonly metadata: StoredObject['metadata']
  readonly condition: string | null
  readonly chunks: Buffer[]
}

export interface GcsServer extends TestServer {
  readonly objects: Map<string, StoredObject>
}

interface GcsOptions extends Options {
  readonly ignoresConditions?: boolean
  readonly pageSize?: number
}

interface State {
  readonly objects: Map<string, StoredObject>
  readonly sessions: Map<string, Session>
  readonly options: GcsOptions
  readonly url: string
}

let generations = 1_700_000_000_000_000n

/**
 * The JSON protocol of Google Cloud Storage as far as Sluice speaks it, for the official SDK: uploads of one
 * request and resumable ones, preconditions on the generation, get with ranges, metadata, list by pages,
 * delete. It has one bucket, `lake`.
 */
export async function gcsServer(options: GcsOptions = {}): Promise<GcsServer> {
  const objects = new Map<string, StoredObject>()
  const sessions = new Map<string, Session>()
  const server = await startServer(
    kindOf,
    (request, url) => answer(request, { objects, sessions, options: server.options, url }),
    options,
  )
  return Object.assign(server, { objects })
}

function kindOf({ method, path, query }: Request): string {
  if (path.startsWith('/upload/')) {
    if (method === 'PUT') return 'part'
    return query.get('uploadType') === 'resumable' ? 'begin' : 'put'
  }
  if (method === 'DELETE') return 'delete'
  if (path.endsWith('/o')) return 'list'
  return query.get('alt') === 'media' ? 'get' : 'head'
}

function answer(request: Request, state: State): Reply {
  const match = /\/b\/([^/]+)(?:\/o(?:\/(.+))?)?$/.exec(request.path)
  if (match?.[1] !== 'lake') return failed(404, 'notFound', 'The specified bucket does not exist.')
  const name = decodeURIComponent(match[2] ?? '')
  switch (kindOf(request)) {
    case 'put':
      return putMultipart(request, state)
    case 'begin':
      return begin(request, state)
    case 'part':
      return part(request, state)
    case 'list':
      return list(request, state)
    case 'delete':
      return state.objects.delete(name) ? { status: 204 } : absent(name)
    default:
      return get(request, state, name)
  }
}

function refused({ objects, options }: State, name: string, condition: string | null): Reply | undefined {
  if (options.ignoresConditions || condition === null) return undefined
  const generation = String(objects.get(name)?.generation ?? 0n)
  return generation === condition ? undefined : failed(412, 'conditionNotMet')
}

function store(
  state: State,
  name: string,
  body: Buffer,
  metadata: StoredObject['metadata'],
  condition: string | null,
): Reply {
  const refusal = refused(state, name, condition)
  if (refusal) return refusal
  const object = { body, metadata, generation: ++generations, updated: new Date().toISOString() }
  state.objects.set(name, object)
  return json(200, shown(name, object))
}

interface Described {
  readonly name?: string
  readonly metadata?: StoredObject['metadata']
}

/** One request that holds a description in JSON and the bytes (RFC 2387). */
function putMultipart({ headers, body, query }: Request, state: State): Reply {
  const boundary = /boundary="?([^";]+)/.exec(headers['content-type'] ?? '')?.[1]
  if (boundary === undefined) return failed(400, 'required')
  const described = body.indexOf('\r\n\r\n') + 4
  const second = body.indexOf(`\r\n--${boundary}`, described)
  const bytes = body.indexOf('\r\n\r\n', second) + 4
  const end = body.lastIndexOf(`\r\n--${boundary}`)
  const said = JSON.parse(body.toString('utf8', described, second)) as Described
  const name = said.name ?? query.get('name') ?? ''
  return store(state, name, body.subarray(bytes, end), said.metadata ?? {}, query.get('ifGenerationMatch'))
}

function begin({ body, query, path }: Request, state: State): Reply {
  const said = (body.length > 0 ? JSON.parse(body.toString()) : {}) as Described
  const name = said.name ?? query.get('name') ?? ''
  const condition = query.get('ifGenerationMatch')
  const refusal = refused(state, name, condition)
  if (refusal) return refusal
  const id = randomUUID()
  state.sessions.set(id, { name, metadata: said.metadata ?? {}, condition, chunks: [] })
  return { status: 200, headers: { location: `${state.url}${path}?upload_id=${id}` } }
}

/** A part of a resumable upload; the last one names the whole size. */
function part({ headers, body, query }: Request, state: State): Reply {
  const session = state.sessions.get(query.get('upload_id') ?? '')
  if (!session) return failed(404, 'notFound')
  const range = /^bytes (?:(\d+)-(?:\d+|\*)|\*)\/(\d+|\*)$/.exec(headers['content-range'] ?? '')
  const have = session.chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  // A part that came before, and whose reply was lost, is not taken twice.
  if (range?.[1] !== undefined && Number(range[1]) === have) session.chunks.push(body)
  const size = session.chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  const total = range?.[2] === undefined || range[2] === '*' ? undefined : Number(range[2])
  if (total === undefined || size < total) {
    return { status: 308, headers: size > 0 ? { range: `bytes=0-${size - 1}` } : {} }
  }
  return store(state, session.name, Buffer.concat(session.chunks), session.metadata, session.condition)
}

function get({ headers, query }: Request, { objects }: State, name: string): Reply {
  const object = objects.get(name)
  const wanted = query.get('generation')
  if (!object || (wanted !== null && wanted !== String(object.generation))) return absent(name)
  if (query.get('alt') !== 'media') return json(200, shown(name, object))
  const range = rangeOf(object.body, headers.range)
  if (!range) return failed(416, 'requestedRangeNotSatisfiable')
  const { md5Hash, crc32c: crc } = shown(name, object)
  return {
    status: range.from === undefined ? 200 : 206,
    headers: {
      'content-type': 'application/octet-stream',
      'x-goog-generation': String(object.generation),
      'x-goog-hash': `crc32c=${crc},md5=${md5Hash}`,
      'x-goog-stored-content-encoding': 'identity',
      ...(range.from !== undefined && {
        'content-range': `bytes ${range.from}-${range.from + range.part.length - 1}/${object.body.length}`,
      }),
    },
    body: range.part,
  }
}

function list({ query }: Request, { objects, options }: State): Reply {
  const prefix = query.get('prefix') ?? ''
  const token = query.get('pageToken')
  const from = Buffer.from(token === null ? (query.get('startOffset') ?? '') : token)
  const names = sortedKeys(objects.keys()).filter((name) => {
    const order = Buffer.compare(Buffer.from(name), from)
    return name.startsWith(prefix) && (token === null ? order >= 0 : order > 0)
  })
  const page = names.slice(0, Math.min(options.pageSize ?? 1000, Number(query.get('maxResults') ?? 1000)))
  const items = page.flatMap((name) => {
    const object = objects.get(name)
    return object ? [shown(name, object)] : []
  })
  return json(200, { items, ...(names.length > page.length && { nextPageToken: page.at(-1) }) })
}

function shown(name: string, { body, generation, metadata, updated }: StoredObject) {
  return {
    kind: 'storage#object',
    name,
    bucket: 'lake',
    generation: String(generation),
    metageneration: '1',
    size: String(body.length),
    md5Hash: createHash('md5').update(body).digest('base64'),
    crc32c: crc32c(body),
    metadata,
    updated,
    timeCreated: updated,
  }
}

function absent(name: string): Reply {
  return failed(404, 'notFound', `No such object: lake/${name}`)
}

/** An error as Google tells it. */
function failed(code: number, reason: string, message = reason): Reply {
  return json(code, { error: { code, message, errors: [{ reason, message }] } })
}

function json(status: number, value: unknown): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}
