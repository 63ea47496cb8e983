import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import pg from 'pg'
import copyStreams from 'pg-copy-streams'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problemsOf } from '../../src/base/problem.ts'
import { source } from '../../src/contract/source.ts'
import { t } from '../../src/contract/types.ts'
import { inFolder } from '../connect/kit.ts'
import { hasPostgres, startPostgres, type PostgresServer } from '../connect/postgres-server.ts'
import { startProxy, type Proxy } from '../connect/proxy.ts'
import { lookAt, rowsOf } from '../connect/rows-of.ts'

let server: PostgresServer
let proxy: Proxy
let database: string
beforeAll(async () => {
  const started = await startPostgres()
  if (!started) return
  server = started
  proxy = await startProxy(server.port)
  database = await server.database()
  process.env['CUT_PASSWORD'] = server.password
})
afterAll(async () => {
  await proxy?.close()
  await server?.stop()
})

const rows = source.postgres({
  connection: 'shop',
  table: 'rows',
  columns: { id: t.bigint(), word: t.varchar() },
})
const words = "SELECT i::int8 AS id, repeat(chr(97 + i % 26), i % 50) || E'\\n\"' AS word"

/** Gives the rows as texts, in order, or throws. */
type Reader = (root: string) => Promise<readonly string[]>

const ours: Reader = async (root) => {
  const { port } = proxy
  const password = '${env:CUT_PASSWORD}'
  const shop = {
    kind: 'postgres',
    host: '127.0.0.1',
    port,
    user: 'tester',
    password,
    database,
    sslmode: 'disable',
  } as const
  return rowsOf(await lookAt(root, { shop }, rows))
}

/** Takes what came by then, when the connection ends. */
const careless =
  (lines: (text: string) => string[]): Reader =>
  async () => {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: proxy.port,
      user: 'tester',
      password: server.password,
      database,
    })
    client.on('error', () => undefined)
    await client.connect()
    const stream = client.query(copyStreams.to('COPY (SELECT id FROM rows) TO STDOUT (FORMAT csv)'))
    const pieces: Buffer[] = []
    await new Promise<void>((resolve) => {
      stream.on('data', (piece: Buffer) => pieces.push(piece))
      for (const end of ['end', 'error', 'close']) stream.on(end, () => resolve())
    })
    await client.end().catch(() => undefined)
    return lines(Buffer.concat(pieces).toString())
  }

interface Verdict {
  readonly cut: number
  readonly how: Proxy['how']
  /** `whole`, `refused`, or how many rows were taken for all of them. */
  readonly is: 'whole' | 'refused' | number
}

/** Cuts the bytes of the server after so many of them, in many places and all of the last, and reads each time. */
async function verdicts(
  reader: Reader,
  check: (root: string, error: unknown) => Promise<void>,
): Promise<Verdict[]> {
  proxy.cutAfter = undefined
  const whole = await inFolder(reader)
  const total = proxy.sent
  expect(whole.length).toBeGreaterThanOrEqual(4000)
  const step = Math.ceil(total / (process.env['SLUICE_NIGHTLY'] === '1' ? 2000 : 50))
  const cuts = [
    ...Array.from({ length: Math.floor(total / step) }, (_, at) => at * step),
    ...Array.from({ length: 60 }, (_, at) => total - at),
  ]
  return inFolder(async (root) => {
    await server.run(database, `CREATE TABLE small AS ${words} FROM generate_series(1, 3) AS i`)
    await swap('small')
    await reader(root)
    await swap('large')
    const all: Verdict[] = []
    for (const [at, cut] of cuts.entries()) {
      const how = at % 2 === 0 ? 'reset' : 'end'
      Object.assign(proxy, { cutAfter: cut, how })
      try {
        const got = await reader(root)
        all.push({ cut, how, is: got.join() === whole.join() ? 'whole' : got.length })
      } catch (error) {
        await check(root, error)
        all.push({ cut, how, is: 'refused' })
      } finally {
        proxy.cutAfter = undefined
      }
    }
    await server.run(database, 'DROP TABLE small')
    return all
  })
}

/** The view `rows` shows a table. */
async function swap(to: 'small' | 'large'): Promise<void> {
  await server.run(database, `CREATE OR REPLACE VIEW rows AS SELECT id, word FROM ${to}`)
}

const taken = (all: readonly Verdict[]) => all.filter(({ is }) => typeof is === 'number')

describe.runIf(hasPostgres)('rows of PostgreSQL that are cut at any byte', () => {
  beforeAll(async () => {
    await server.run(database, `CREATE TABLE large AS ${words} FROM generate_series(1, 4000) AS i`)
    await swap('large')
  })

  test('are taken whole or not at all, told as such, and leave nothing', async () => {
    const all = await verdicts(ours, async (root, error) => {
      expect(problemsOf(error), String(error)).toMatchObject([{ code: 'connection/unavailable' }])
      expect(String(error)).not.toContain(server.password)
      const folder = path.join(root, '.sluice/sources')
      const names = await readdir(folder, { recursive: true })
      expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([])
      const kept = names.find((name) => name.endsWith('kept.json')) ?? ''
      const { files } = JSON.parse(await readFile(path.join(folder, kept), 'utf8')) as {
        files: { rows: number }[]
      }
      expect([3, 4000]).toContain(files[0]?.rows)
    })
    expect(taken(all)).toEqual([])
    const refused = all.filter(({ is }) => is === 'refused').length
    process.stderr.write(`${all.length} cuts of ${proxy.sent} bytes and more: ${refused} refused\n`)
    expect(refused).toBeGreaterThan(50)
  })

  test.each([
    ['all that came', (text: string) => text.split('\n')],
    ['all lines that came whole', (text: string) => text.split('\n').slice(0, -1)],
  ])('a reader that takes %s is found out', async (_, lines) => {
    const all = await verdicts(careless(lines), () => Promise.resolve())
    expect(taken(all).length).toBeGreaterThan(20)
  })
})
