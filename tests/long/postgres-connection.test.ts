import { stat } from 'node:fs/promises'
import path from 'node:path'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { hashFile } from '../../src/base/file-hash.ts'
import type { Connections } from '../../src/connect/config.ts'
import { exchangeRows } from '../../src/connect/exchange.ts'
import { openConnection } from '../../src/connect/open.ts'
import { inFolder, problemsIn } from '../connect/kit.ts'
import { hasPostgres, withPostgres, type PostgresServer } from '../connect/postgres-server.ts'

let server: PostgresServer
withPostgres((started) => (server = started))

const open = (config: Connections[string], signal?: AbortSignal) =>
  openConnection({ root: process.cwd(), connections: { shop: config }, signal }, 'shop')
const url = (database?: string): Connections[string] => {
  process.env['SHOP_URL'] = server.url(database)
  return { kind: 'postgres', url: '${env:SHOP_URL}' }
}

/** What stands in a table again. */
async function allOf(rows: AsyncIterable<(string | null)[]>): Promise<(string | null)[][]> {
  const list: (string | null)[][] = []
  for await (const row of rows) list.push(row)
  return list
}

describe.runIf(hasPostgres)('a connection to PostgreSQL', () => {
  test('tells the columns of a table and of a query in the words of the server', async () => {
    const shop = await open(url())
    const [table, query] = await shop.transaction(async (each) => {
      await each.run(
        'CREATE TABLE orders (id int8 NOT NULL, amount numeric(10,2), "At" timestamptz(3)[], "a.b" varchar(7))',
      )
      return [
        await each.describe({ table: 'public.orders' }),
        await each.describe({ query: 'SELECT 1 AS one, NULL AS nothing -- a comment' }),
      ]
    })
    expect(table).toEqual([
      { name: 'id', type: 'bigint' },
      { name: 'amount', type: 'numeric(10,2)' },
      { name: 'At', type: 'timestamp(3) with time zone[]' },
      { name: 'a.b', type: 'character varying(7)' },
    ])
    expect(query).toEqual([
      { name: 'one', type: 'integer' },
      { name: 'nothing', type: 'text' },
    ])
    await shop.close()
  })

  test('rows go out into a file and into a table again, the same', () =>
    inFolder(async (folder) => {
      const shop = await open(url(await server.database()))
      const file = path.join(folder, 'rows.csv')
      const texts = ['', null, '\\N', 'NULL', 'a\nb\r\nc', '"q",', '\u{1f600}', '\\.', ' ']
      const values = texts.map((_, at) => `($${at + 1}::text, ${at})`).join(', ')
      const out = await shop.transaction(async (each) => {
        await each.run('CREATE TABLE a (t text, n int); CREATE TABLE b (t text, n int)')
        await each.run(`INSERT INTO a VALUES ${values}`, texts)
        return each.copyOut('SELECT t, n FROM a ORDER BY n', file)
      })
      expect(out).toEqual({ rows: texts.length, bytes: (await stat(file)).size, hash: await hashFile(file) })
      expect(await allOf(exchangeRows(file))).toEqual(texts.map((text, at) => [text, String(at)]))
      const columns = [
        { name: 't', type: 'VARCHAR' },
        { name: 'n', type: 'INTEGER' },
      ]
      const back = await shop.transaction(async (each) => {
        const loaded = await each.load('public.b', columns, file)
        return [loaded, (await each.rows('SELECT t FROM b ORDER BY n')).flat()]
      })
      expect(back).toEqual([texts.length, texts])
      await shop.close()
    }))

  test('what was done in a transaction that throws is undone', async () => {
    const shop = await open(url(await server.database()))
    await shop.transaction((each) => each.run('CREATE TABLE a (n int)'))
    const failed = shop.transaction(async (each) => {
      await each.run('INSERT INTO a VALUES (1)')
      throw new Error('stop')
    })
    await expect(failed).rejects.toThrow('stop')
    expect(await shop.transaction((each) => each.rows('SELECT count(*) FROM a'))).toEqual([['0']])
    const write = () => shop.transaction((each) => each.run('INSERT INTO a VALUES (1)'), { readOnly: true })
    expect((await problemsIn(write))[0]?.message).toContain('read-only transaction')
    await shop.close()
  })

  test('a table, a column and a word that are wrong are told with what is near', async () => {
    const shop = await open(url(await server.database()))
    await shop.transaction((each) => each.run('CREATE TABLE orders (id int8)'))
    const table = await problemsIn(() => shop.transaction((each) => each.describe({ table: 'public.order' })))
    expect(table).toMatchObject([
      { code: 'connection/query', message: "connection 'shop': there is no table or view 'public.order'" },
    ])
    expect(table[0]?.hint).toContain("did you mean 'public.orders'")
    const word = await problemsIn(() => shop.transaction((each) => each.rows('SELECT id\nFRM orders')))
    expect(word).toMatchObject([
      { code: 'connection/query', message: expect.stringContaining('line 2, column') as string },
    ])
    await shop.close()
  })

  test('an abort ends the query on the server', async () => {
    const database = await server.database()
    const stop = new AbortController()
    const shop = await open(url(database), stop.signal)
    const asleep = shop.transaction((each) => each.rows('SELECT pg_sleep(600)'))
    const running = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'`
    const count = async () => (await server.run(database, running)).rows[0] as { n: number }
    while ((await count()).n === 0);
    stop.abort(new Error('cancelled'))
    await expect(asleep).rejects.toThrow('cancelled')
    while ((await count()).n > 0);
    await shop.close()
  })

  test('an abort ends rows that are streamed', () =>
    inFolder(async (folder) => {
      const stop = new AbortController()
      const shop = await open(url(), stop.signal)
      const file = path.join(folder, 'rows.csv')
      const endless = shop.transaction((each) => each.copyOut('SELECT generate_series(1, 1000000000)', file))
      const written = () =>
        stat(file).then(
          ({ size }) => size,
          () => 0,
        )
      while ((await written()) === 0);
      stop.abort(new Error('cancelled'))
      await expect(endless).rejects.toThrow('cancelled')
      await shop.close()
    }))

  test('goes by the socket too', async () => {
    process.env['SHOP_PASSWORD'] = server.password
    const { port, socket: host, user } = server
    const shop = await open({
      kind: 'postgres',
      host,
      port,
      user,
      database: 'postgres',
      password: '${env:SHOP_PASSWORD}',
    })
    expect(await shop.transaction((each) => each.rows('SELECT inet_client_addr()'))).toEqual([[null]])
    await shop.close()
  })
})

describe.runIf(hasPostgres)('a connection that cannot be made is told, and never with the password', () => {
  const parts = () => ({ kind: 'postgres', host: '127.0.0.1', port: server.port, user: 'tester' }) as const
  const wrong: readonly [string, () => Connections[string], string, RegExp][] = [
    [
      'a wrong password',
      () => withPassword('not the right one'),
      'connection/denied',
      /password authentication failed for user "tester"/,
    ],
    [
      'no password',
      () => ({ ...parts(), database: 'postgres' }),
      'connection/denied',
      /wants a password|authentication failed/,
    ],
    [
      'an unknown database',
      () => url('nowhere'),
      'connection/unavailable',
      /database "nowhere" does not exist/,
    ],
    [
      'TLS that is wanted',
      () => ({ ...parts(), sslmode: 'require' }),
      'connection/denied',
      /does not speak TLS/,
    ],
    [
      'nobody there',
      () => ({ ...parts(), port: 1 }),
      'connection/unavailable',
      /127\.0\.0\.1:1: nothing listens there/,
    ],
    [
      'a name that is none',
      () => ({ ...parts(), host: 'nowhere.invalid' }),
      'connection/unavailable',
      /nowhere\.invalid/,
    ],
    [
      'an address that is none',
      () => ({ kind: 'postgres', url: '${env:SHOP_PASSWORD}' }),
      'connection/config-invalid',
      /'url' is not an address/,
    ],
  ]
  function withPassword(text: string): Connections[string] {
    process.env['SHOP_PASSWORD'] = text
    return { ...parts(), database: 'postgres', password: '${env:SHOP_PASSWORD}' }
  }

  test.each(wrong)('%s', async (_, config, code, message) => {
    process.env['SHOP_PASSWORD'] = 'a secret that nobody sees'
    const problems = await problemsIn(() => open(config()))
    expect(problems).toMatchObject([{ code, message: expect.stringMatching(message) as string }])
    const told = JSON.stringify(problems)
    for (const secret of [server.password, encodeURIComponent(server.password), 'a secret', 'not the right'])
      expect(told).not.toContain(secret)
  })

  test('a server that accepts and says nothing', async () => {
    const silent = createServer(() => undefined)
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address() as { port: number }
    const problems = await problemsIn(() => open({ ...parts(), port: address.port, timeout: '200ms' }))
    expect(problems).toMatchObject([
      { code: 'connection/unavailable', message: expect.stringContaining('in time') as string },
    ])
    silent.close()
  })
})
