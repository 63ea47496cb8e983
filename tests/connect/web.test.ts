import { readdir, readFile, truncate } from 'node:fs/promises'
import { request } from 'node:http'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { source } from '../../src/contract/source.ts'
import type { WebOptions } from '../../src/contract/source-web.ts'
import { t } from '../../src/contract/types.ts'
import { inFolder, problemsIn } from './kit.ts'
import { lookAt } from './rows-of.ts'
import { cutAfter, serving, startWeb, type Answering, type WebServer } from './web-server.ts'

const csv = 'id,name\n1,Ada\n2,Grace\n'
const columns = { id: t.bigint(), name: t.varchar() }
let web: WebServer
let waits: number[] = []
beforeEach(async () => {
  waits = []
  web = await startWeb((_, response) => void response.writeHead(404).end())
})
afterEach(() => web.close())

const rows = (options: WebOptions = {}, file = 'rows.csv') =>
  source.csv(`${web.origin}/${file}`, { name: 'rows', columns, ...options })
const look = (root: string, of: Parameters<typeof lookAt>[2], now = Date.now) =>
  lookAt(root, {}, of, {
    now,
    pause: (ms) => {
      waits.push(ms)
      return Promise.resolve()
    },
  })
const whole: Answering = (_, response) =>
  void response.writeHead(200, { 'content-length': csv.length }).end(csv)
/** Answers one after the other; the last one stays. */
function inTurn(...all: readonly Answering[]): Answering {
  let at = 0
  return (...call) => all[Math.min(at++, all.length - 1)]?.(...call)
}
const status =
  (code: number, headers: Record<string, string> = {}): Answering =>
  (_, response) =>
    void response.writeHead(code, headers).end('no')

/** What is kept of a source beside what is known of it. */
async function leftIn(root: string): Promise<string[]> {
  const names = await readdir(path.join(root, '.sluice/sources'), { recursive: true })
  return names.filter((name) => name.includes('.') && !/(kept|left)\.json$/.test(name))
}

describe('an address', () => {
  test('is read again only when its ETag is another', () =>
    inFolder(async (root) => {
      let [text, etag] = [csv, '"1"']
      web.answer = serving(
        () => text,
        () => etag,
      )
      const first = await look(root, rows())
      expect(await readFile(first.files[0] ?? '', 'utf8')).toBe(csv)
      expect(first.names).toEqual([`${web.origin}/rows.csv`])
      expect(await look(root, rows())).toEqual(first)
      expect(web.heard.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"1"'])
      ;[text, etag] = [`${csv}3,Jean\n`, '"2"']
      const second = await look(root, rows())
      expect(second.hashes).not.toEqual(first.hashes)
      expect(await readFile(second.files[0] ?? '', 'utf8')).toBe(text)
      // The same bytes under another ETag are the same.
      etag = '"3"'
      expect(await look(root, rows())).toEqual(second)
    }))

  test.each([
    ['a time that is long past', { 'last-modified': 'Fri, 01 Jan 2021 00:00:00 GMT' }, 'if-modified-since'],
    ['a weak ETag', { etag: 'W/"1"' }, undefined],
    ['the time of the answer', { 'last-modified': new Date(Date.now() + 5000).toUTCString() }, undefined],
  ] as const)('is asked for on condition by what stands for equal bytes: %s', (_, headers, condition) =>
    inFolder(async (root) => {
      web.answer = (__, response) =>
        void response.writeHead(200, { 'content-length': csv.length, ...headers }).end(csv)
      await look(root, rows())
      await look(root, rows())
      const asked = Object.keys(web.heard[1]?.headers ?? {}).filter((name) => name.startsWith('if-'))
      expect(asked).toEqual(condition ? [condition] : [])
    }),
  )

  test('is not asked again within `refresh`, unless what is kept is torn', () =>
    inFolder(async (root) => {
      web.answer = whole
      let now = 1_000_000_000_000
      const at = (ms: number) => look(root, rows({ refresh: '1h' }), () => (now = ms))
      const first = await at(now)
      expect(await at(now + 3_599_000)).toEqual(first)
      expect(web.heard).toHaveLength(1)
      await at(1_000_000_000_000 + 3_600_000)
      await at(now - 1)
      expect(web.heard).toHaveLength(3)
      await truncate(first.files[0] ?? '', 3)
      const again = await at(now)
      expect(await readFile(again.files[0] ?? '', 'utf8')).toBe(csv)
      expect(web.heard).toHaveLength(4)
    }))

  test.each([404, 410])('that is not there (%i) has no files', (code) =>
    inFolder(async (root) => {
      web.answer = status(code)
      expect(await look(root, rows())).toEqual({ files: [], names: [], hashes: {} })
    }),
  )

  test('that is not there beside others that are is told', () =>
    inFolder(async (root) => {
      web.answer = (request, response) => (request.url === '/a.csv' ? whole : status(404))(request, response)
      const both = source.csv([`${web.origin}/a.csv`, `${web.origin}/b.csv`], { name: 'both', columns })
      expect(await problemsIn(() => look(root, both))).toMatchObject([
        { code: 'source/not-found', message: `source 'both': ${web.origin}/b.csv is not there` },
      ])
    }))

  test('of a server that is gone is told, and what is kept is not taken for it', () =>
    inFolder(async (root) => {
      web.answer = whole
      await look(root, rows())
      await web.close()
      expect(await problemsIn(() => look(root, rows()))).toMatchObject([
        { code: 'source/unavailable', message: expect.stringContaining('nothing listens there') as string },
      ])
    }))
})

describe('headers', () => {
  test('hold secrets of the environment, and stay with their origin', () =>
    inFolder(async (root) => {
      process.env['ROWS_TOKEN'] = 'hush-hush'
      const other = await startWeb(whole)
      web.answer = status(302, { location: `${other.origin}/there.csv` })
      const asked = rows({ headers: { Authorization: 'Bearer ${env:ROWS_TOKEN}' } })
      const found = await look(root, asked)
      await other.close()
      expect(web.heard[0]?.headers.authorization).toBe('Bearer hush-hush')
      expect(other.heard).toHaveLength(1)
      expect(other.heard[0]?.headers.authorization).toBeUndefined()
      expect(found.files).toHaveLength(1)
      web.answer = status(403)
      const refused = await problemsIn(() => look(root, asked))
      expect(refused).toMatchObject([{ code: 'source/unreadable' }])
      process.env['ROWS_TOKEN'] = 'hush\nhush'
      const torn = await problemsIn(() => look(root, asked))
      expect(torn[0]?.message).toContain('holds an end of a line')
      delete process.env['ROWS_TOKEN']
      const unset = await problemsIn(() => look(root, asked))
      expect(unset[0]?.message).toContain('the environment variable ROWS_TOKEN, which is not set')
      const kept = await Promise.all(
        (await readdir(path.join(root, '.sluice'), { recursive: true, withFileTypes: true }))
          .filter((entry) => entry.isFile())
          .map((entry) => readFile(path.join(entry.parentPath, entry.name), 'utf8')),
      )
      expect([...kept, JSON.stringify([refused, torn])].join()).not.toContain('hush')
    }))

  test.each([
    ['for ever', (at: string) => at, 'more than 5 times'],
    ['to a file', () => 'file:///etc/hostname', 'which is not the web'],
  ])('redirects %s are told', (_, to, message) =>
    inFolder(async (root) => {
      web.answer = status(301, { location: to('/rows.csv') })
      expect(await problemsIn(() => look(root, rows()))).toMatchObject([
        { code: 'source/unreadable', message: expect.stringContaining(message) as string },
      ])
      expect(web.heard.length).toBeLessThanOrEqual(6)
    }),
  )
})

describe('tries', () => {
  test('are made again as the server asks for', () =>
    inFolder(async (root) => {
      web.answer = inTurn(
        status(429, { 'retry-after': '7' }),
        status(503),
        cutAfter(Buffer.from(csv), 9),
        whole,
      )
      expect((await look(root, rows())).files).toHaveLength(1)
      expect(waits).toEqual([7000, 1000, 2000])
    }))

  test.each([
    ['500', {}, 4, 'was asked 4 times'],
    ['503', { 'retry-after': '600' }, 1, 'in 600 s'],
    ['400', {}, 1, 'answered 400 (Bad Request)'],
  ])('end: %s', (code, headers, times, message) =>
    inFolder(async (root) => {
      web.answer = status(Number(code), headers)
      expect(await problemsIn(() => look(root, rows()))).toMatchObject([
        { code: 'source/unavailable', message: expect.stringContaining(message) as string },
      ])
      expect(web.heard).toHaveLength(times)
    }),
  )

  test('end with the limits of time and size', () =>
    inFolder(async (root) => {
      web.answer = (_, response) => void response.writeHead(200, { 'content-length': 9 }).write('x')
      expect(await problemsIn(() => look(root, rows({ timeout: '50ms' })))).toMatchObject([
        { code: 'source/unavailable', message: expect.stringContaining('within 50ms') as string },
      ])
      const large = gzipSync(Buffer.alloc(3_000_000))
      web.answer = (_, response) =>
        void response
          .writeHead(200, { 'content-encoding': 'gzip', 'content-length': large.length })
          .end(large)
      expect(await problemsIn(() => look(root, rows({ maxSize: '1MB' })))).toMatchObject([
        { code: 'source/limit', message: expect.stringContaining('larger than 1 MB') as string },
      ])
      expect(await leftIn(root)).toEqual([])
    }))
})

describe('a body', () => {
  test.each([
    ['by its encoding', 'rows.csv', { 'content-encoding': 'gzip' }],
    ['by its name', 'rows.csv.gz', {}],
    ['by both', 'rows.csv.gz', { 'content-encoding': 'x-gzip' }],
  ])('is unpacked %s', (_, file, headers) =>
    inFolder(async (root) => {
      web.answer = (__, response) =>
        void response.writeHead(200, headers as Record<string, string>).end(gzipSync(csv))
      const found = await look(root, rows({}, file))
      expect(await readFile(found.files[0] ?? '', 'utf8')).toBe(csv)
    }),
  )

  /** Gives a body, or throws. */
  type Reader = (root: string) => Promise<Buffer>
  const packed = gzipSync(Buffer.from(csv.repeat(50)))
  const plain = Buffer.from(csv.repeat(50))
  const cuts: readonly (readonly [string, Buffer, Answering])[] = [
    ...[0, 1, 8, 600, plain.length - 1].map(
      (sent) => [`cut after ${sent}`, plain, cutAfter(plain, sent)] as const,
    ),
    [
      'cut between chunks',
      plain,
      (_, response) => {
        response.writeHead(200)
        response.write(plain.subarray(0, 600), () => response.socket?.destroy())
      },
    ],
    [
      'gzip that ends early, with its length',
      plain,
      (_, response) => {
        const part = packed.subarray(0, packed.length - 9)
        response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': part.length }).end(part)
      },
    ],
    [
      'gzip with a wrong byte',
      plain,
      (_, response) => {
        const wrong = Buffer.from(packed)
        wrong[wrong.length - 6] = (wrong[wrong.length - 6] ?? 0) ^ 255
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(wrong)
      },
    ],
    [
      'no length and no chunks',
      plain,
      (_, response) => {
        response.socket?.end(
          `HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${plain.subarray(0, 600).toString()}`,
        )
      },
    ],
  ]
  /** The cuts that a reader takes for whole bodies. */
  async function taken(reader: Reader): Promise<string[]> {
    const wrong: string[] = []
    for (const [name, body, answer] of cuts) {
      web.answer = answer
      const got = await inFolder((root) => reader(root).catch(() => undefined))
      if (got !== undefined && !got.equals(body)) wrong.push(name)
    }
    return wrong
  }

  test('that is cut or broken is never taken, and nothing of it is left', async () => {
    const wrong = await taken(async (root) => {
      try {
        return await readFile((await look(root, rows())).files[0] ?? '')
      } finally {
        expect(await leftIn(root).then((names) => names.filter((name) => name.endsWith('.tmp')))).toEqual([])
      }
    })
    expect(wrong).toEqual([])
  })

  test('a reader that takes what comes until the connection ends is caught', async () => {
    const careless: Reader = () =>
      new Promise((resolve) => {
        const pieces: Buffer[] = []
        const asked = request(`${web.origin}/rows.csv`, (response) => {
          response.on('data', (piece: Buffer) => pieces.push(piece))
          response.on('error', () => undefined)
          response.on('close', () => resolve(Buffer.concat(pieces)))
        })
        asked.on('error', () => resolve(Buffer.concat(pieces)))
        asked.end()
      })
    const wrong = await taken(careless)
    expect(wrong).toContain('cut after 600')
    expect(wrong).toContain('no length and no chunks')
  })
})
