import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Certificate } from './certificates.ts'

export interface Heard {
  readonly url: string
  readonly headers: IncomingMessage['headers']
}

/** What a server does with a request, by its path. */
export type Answering = (request: IncomingMessage, response: ServerResponse) => void

/** A server on a free port of loopback that keeps what it was asked. */
export interface WebServer {
  readonly origin: string
  /** What was asked so far. */
  readonly heard: readonly Heard[]
  answer: Answering
  close(): Promise<void>
}

/** @param shown the certificate that it shows; it speaks https then, as `localhost` */
export async function startWeb(answer: Answering, port = 0, shown?: Certificate): Promise<WebServer> {
  const heard: Heard[] = []
  const hear: Answering = (request, response) => {
    heard.push({ url: request.url ?? '', headers: request.headers })
    web.answer(request, response)
  }
  const server = shown ? createTlsServer(shown, hear) : createServer(hear)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const web: WebServer = {
    origin: `${shown ? 'https://localhost' : 'http://127.0.0.1'}:${(server.address() as AddressInfo).port}`,
    heard,
    answer,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return web
}

/** Serves one text under each path, with an ETag, and 304 where it is known. */
export function serving(text: () => string, etag: () => string): Answering {
  return (request, response) => {
    response.setHeader('etag', etag())
    if (request.headers['if-none-match'] === etag()) return void response.writeHead(304).end()
    const body = Buffer.from(text())
    response.writeHead(200, { 'content-length': body.length }).end(body)
  }
}

/** Tells a longer body than it sends, and cuts the connection. */
export function cutAfter(body: Buffer, sent: number): Answering {
  return (_, response) => {
    response.writeHead(200, { 'content-length': body.length })
    response.write(body.subarray(0, sent), () => response.socket?.destroy())
  }
}
