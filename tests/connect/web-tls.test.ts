import { globalAgent } from 'node:https'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { source } from '../../src/contract/source.ts'
import { t } from '../../src/contract/types.ts'
import { makeAuthority, opensslIsThere, type Certificate } from './certificates.ts'
import { inFolder, problemsIn } from './kit.ts'
import { lookAt } from './rows-of.ts'
import { startWeb, type Answering, type WebServer } from './web-server.ts'

const csv = 'id\n1\n'
const whole: Answering = (_, response) =>
  void response.writeHead(200, { 'content-length': csv.length }).end(csv)
const leading =
  (location: string): Answering =>
  (_, response) =>
    void response.writeHead(302, { location }).end()

const there = opensslIsThere()
let good: Certificate, expired: Certificate, elsewhere: Certificate, strange: Certificate
beforeAll(async () => {
  if (!there) return
  const [ours, other] = [await makeAuthority('ours'), await makeAuthority('other')]
  good = await ours.sign('anything', 'DNS:localhost')
  expired = await ours.sign('anything', 'DNS:localhost', -1)
  elsewhere = await ours.sign('anything', 'DNS:files.example.com')
  strange = await other.sign('anything', 'DNS:localhost')
  // As NODE_EXTRA_CA_CERTS would, which is read when a process begins: see tests/long/web-sources.test.ts.
  globalAgent.options.ca = ours.cert
})
const open: WebServer[] = []
afterEach(async () => {
  for (const web of open.splice(0)) await web.close()
})
afterAll(() => {
  delete globalAgent.options.ca
})

async function start(answer: Answering, shown?: Certificate): Promise<WebServer> {
  const web = await startWeb(answer, 0, shown)
  open.push(web)
  return web
}

const token = { authorization: '${env:WEB_TOKEN}' }
const look = (root: string, origin: string, headers?: typeof token) => {
  process.env['WEB_TOKEN'] = 'hush-hush'
  const columns = { id: t.bigint() }
  const pause = () => Promise.resolve()
  const asked = { name: 'rows', columns, ...(headers && { headers }) }
  return lookAt(root, {}, source.csv(`${origin}/rows.csv`, asked), { pause })
}

describe.runIf(there)('https', () => {
  test('of a server whose authority is trusted is fetched', () =>
    inFolder(async (root) => {
      const { origin } = await start(whole, good)
      expect((await look(root, origin)).names).toEqual([`${origin}/rows.csv`])
    }))

  test.each<[string, () => Certificate | undefined, RegExp, RegExp]>([
    ['another authority', () => strange, /its authority is not known/, /NODE_EXTRA_CA_CERTS/],
    [
      'another name',
      () => elsewhere,
      /it is for another name \(DNS:files\.example\.com\)/,
      /name the server/,
    ],
    ['a time that is over', () => expired, /it has expired/, /needs a new one/],
    ['no TLS at all', () => undefined, /cannot be read by TLS/, /does it speak https/],
  ])('with a certificate of %s is told once, and asked for nothing', (_, shown, message, hint) =>
    inFolder(async (root) => {
      const web = await start(whole, shown())
      const address = web.origin.replace(/^.*:/, 'https://localhost:')
      expect(await problemsIn(() => look(root, address, token))).toMatchObject([
        {
          code: 'source/unavailable',
          message: expect.stringMatching(message) as string,
          hint: expect.stringMatching(hint) as string,
        },
      ])
      expect(web.heard).toEqual([])
    }),
  )

  test('never leads to http', () =>
    inFolder(async (root) => {
      const plain = await start(whole)
      const { origin } = await start(leading(`${plain.origin}/rows.csv`), good)
      expect(await problemsIn(() => look(root, origin, token))).toMatchObject([
        { code: 'source/unreadable', message: expect.stringContaining('which is not encrypted') as string },
      ])
      expect(plain.heard).toEqual([])
    }))

  test.each<[string, boolean, (root: string) => Promise<readonly [WebServer, WebServer]>]>([
    [
      'of the same origin',
      true,
      async () => {
        const web = await start(whole, good)
        web.answer = (request, response) =>
          (request.url === '/rows.csv' ? leading('/other.csv') : whole)(request, response)
        return [web, web]
      },
    ],
    [
      'of another port',
      false,
      async () => {
        const end = await start(whole, good)
        return [await start(leading(`${end.origin}/rows.csv`), good), end]
      },
    ],
    [
      'that is encrypted, when the first was not',
      false,
      async () => {
        const end = await start(whole, good)
        return [await start(leading(`${end.origin}/rows.csv`)), end]
      },
    ],
    [
      'of the same origin by way of another one',
      false,
      async () => {
        const web = await start(whole, good)
        const between = await start(leading(`${web.origin}/end.csv`), good)
        web.answer = (request, response) =>
          (request.url === '/rows.csv' ? leading(between.origin) : whole)(request, response)
        return [web, web]
      },
    ],
  ])('leads to an address %s, with headers: %s', (_, keeps, servers) =>
    inFolder(async (root) => {
      const [first, end] = await servers(root)
      expect((await look(root, first.origin, token)).files).toHaveLength(1)
      expect(first.heard[0]?.headers.authorization).toBe('hush-hush')
      expect(end.heard.at(-1)?.headers.authorization).toBe(keeps ? 'hush-hush' : undefined)
      expect(end.heard.at(-1)?.url).not.toBe(first === end ? '/rows.csv' : '')
    }),
  )
})
