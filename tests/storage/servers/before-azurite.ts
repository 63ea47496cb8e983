import { azurite } from './azurite.ts'
import { startServer } from './server.ts'
import type { Request, TestServer } from './server.ts'

/** What belongs to one connection and is not passed on. */
const ofConnection = ['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive', 'expect']

/** Azurite behind a server that passes requests on, so that faults can befall them. */
export async function beforeAzurite(): Promise<TestServer> {
  const behind = await azurite()
  const { origin } = new URL(behind.url)
  const server = await startServer(kindOf, async ({ method, path, search, headers, body }) => {
    const passed = Object.entries(headers).filter(([name]) => !ofConnection.includes(name))
    const answer = await fetch(`${origin}${path}${search}`, {
      method,
      headers: Object.fromEntries(passed.map(([name, value]) => [name, String(value)])),
      ...(method !== 'GET' && method !== 'HEAD' && { body: new Uint8Array(body) }),
    })
    const kept = [...answer.headers].filter(([name]) => !ofConnection.includes(name))
    const size = answer.headers.get('content-length')
    return {
      status: answer.status,
      headers: {
        ...Object.fromEntries(kept),
        ...(method === 'HEAD' && size !== null && { 'content-length': size }),
      },
      body: Buffer.from(await answer.arrayBuffer()),
    }
  })
  const stop = server.stop.bind(server)
  return Object.assign(server, {
    async stop() {
      await stop()
      await behind.stop()
    },
  })
}

function kindOf({ method, query }: Request): string {
  if (method === 'PUT') {
    if (query.get('restype') === 'container') return 'bucket'
    return { block: 'part', blocklist: 'complete' }[query.get('comp') ?? ''] ?? 'put'
  }
  if (method === 'GET') return query.get('comp') === 'list' ? 'list' : 'get'
  return method.toLowerCase()
}
