import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** One request as a server of the tests sees it. */
export interface Request {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  /** The query as it was sent, with its `?`. */
  readonly search: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export interface Reply {
  readonly status: number
  readonly headers?: { readonly [name: string]: string | number }
  readonly body?: Buffer | string
}

/** What goes wrong with one request; decided by the hook of a test. */
export type Fault =
  /** The request is refused before anything is done. */
  | { readonly before: Reply | 'drop' }
  /** The request is done, and the reply is lost. */
  | { readonly after: Reply | 'drop' }
  /** The reply is cut in the middle of its body. */
  | { readonly cut: number }
  /** The request is done twice; the reply is that of the second time. */
  | 'twice'

/** The name of what a request does, such as `put` or `list`; counted, and given to the hook. */
export type Kind = string

export interface Options {
  readonly fault?: (kind: Kind, request: Request) => Fault | undefined
  readonly latencyMs?: number
}

export interface TestServer {
  readonly url: string
  /** How often each kind of request came. */
  readonly counts: Map<Kind, number>
  /** Set by tests while they run. */
  options: Options
  stop(): Promise<void>
}

/** A server on a free port of this machine that answers by a function, with the faults of its options. */
export async function startServer(
  kindOf: (request: Request) => Kind,
  answer: (request: Request, url: string) => Reply | Promise<Reply>,
  first: Options = {},
): Promise<TestServer> {
  const counts = new Map<Kind, number>()
  let url = ''
  const http = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.destroy())
  })
  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = await read(incoming)
    const kind = kindOf(request)
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
    if (server.options.latencyMs !== undefined) await wait(server.options.latencyMs)
    await respond(outgoing, server.options.fault?.(kind, request), async () => answer(request, url))
  }
  const server: TestServer = {
    get url() {
      return url
    },
    counts,
    options: first,
    async stop() {
      http.closeAllConnections()
      http.close()
      await once(http, 'close')
    },
  }
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  return server
}

async function respond(
  outgoing: ServerResponse,
  fault: Fault | undefined,
  done: () => Promise<Reply>,
): Promise<void> {
  if (fault !== undefined && fault !== 'twice' && 'before' in fault) return send(outgoing, fault.before)
  if (fault === 'twice') await done()
  const reply = await done()
  if (fault !== undefined && fault !== 'twice' && 'after' in fault) return send(outgoing, fault.after)
  if (fault !== undefined && fault !== 'twice' && 'cut' in fault) return cut(outgoing, reply, fault.cut)
  send(outgoing, reply)
}

function send(outgoing: ServerResponse, reply: Reply | 'drop'): void {
  if (reply === 'drop') {
    outgoing.destroy()
    return
  }
  const { status, headers = {}, body = '' } = reply
  outgoing.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers })
  outgoing.end(outgoing.req.method === 'HEAD' ? undefined : body)
}

function cut(outgoing: ServerResponse, { status, headers = {}, body = '' }: Reply, at: number): void {
  outgoing.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers })
  outgoing.write(Buffer.from(body).subarray(0, at), () => outgoing.destroy())
}

async function read(incoming: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const { pathname, search, searchParams } = new URL(incoming.url ?? '/', 'http://x')
  const { method = 'GET', headers } = incoming
  return { method, path: pathname, query: searchParams, search, headers, body: Buffer.concat(chunks) }
}

/** The bytes that a `Range: bytes=a-b` header asks for; undefined when they lie behind the end. */
export function rangeOf(
  body: Buffer,
  range: string | undefined,
): { readonly part: Buffer; readonly from?: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(range ?? '')
  if (!match) return { part: body }
  const [, first = '', last = ''] = match
  const from = first === '' ? Math.max(0, body.length - Number(last)) : Number(first)
  const to = first === '' || last === '' ? body.length : Number(last) + 1
  return from >= body.length ? undefined : { part: body.subarray(from, to), from }
}

/** Keys in the order of their bytes. */
export function sortedKeys(keys: Iterable<string>): string[] {
  return [...keys].toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}
