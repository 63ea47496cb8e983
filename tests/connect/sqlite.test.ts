import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import Libsql from 'libsql'
import { expect, test } from 'vitest'
import { hashFile } from '../../src/base/file-hash.ts'
import type { SqlConnection } from '../../src/connect/connection.ts'
import { exchangeRows } from '../../src/connect/exchange.ts'
import { openConnection } from '../../src/connect/open.ts'
import { inFolder, problemsIn } from './kit.ts'

/** A database made by these statements, opened as a connection. */
function withShop(sql: string, work: (shop: SqlConnection, folder: string) => Promise<void>): Promise<void> {
  return inFolder(async (folder) => {
    const database = new Libsql(path.join(folder, 'shop.db'))
    database.exec(sql)
    database.close()
    const connections = { shop: { kind: 'sqlite', file: 'shop.db' } } as const
    const shop = await openConnection({ root: folder, connections }, 'shop')
    try {
      await work(shop, folder)
    } finally {
      await shop.close()
    }
  })
}

async function linesOf(file: string): Promise<(string | null)[][]> {
  const list: (string | null)[][] = []
  for await (const row of exchangeRows(file)) list.push(row)
  return list
}

test('values of any type go out as texts that give them back', () =>
  withShop(
    `CREATE TABLE a (at integer primary key, v);
     INSERT INTO a (v) VALUES (9223372036854775807), ('a"b' || char(10) || ','), (''), (NULL), (x'00ff'), (0.1), (1e300), (0.1 + 0.2), (-1.5), ('\\N'), (9e999)`,
    async (shop, folder) => {
      const file = path.join(folder, 'rows.csv')
      const out = await shop.transaction((each) => each.copyOut('SELECT v, at FROM a ORDER BY at', file))
      const values = (await linesOf(file)).map(([value]) => value)
      expect(values).toEqual([
        '9223372036854775807',
        'a"b\n,',
        '',
        null,
        '\\x00FF',
        '0.1',
        '1.0e+300',
        '0.30000000000000004',
        '-1.5',
        '\\N',
        'Inf',
      ])
      expect(out).toMatchObject({ rows: 11, hash: await hashFile(file) })
    },
  ))

test('rows go into a table by the types of contracts', () =>
  withShop('CREATE TABLE b (i, d, t, x, o)', async (shop, folder) => {
    const file = path.join(folder, 'rows.csv')
    await writeFile(file, '"7","1.5","""a""\n","\\x00ff","true"\n,,,,\n')
    const types = { i: 'BIGINT', d: 'DOUBLE', t: 'VARCHAR', x: 'BLOB', o: 'BOOLEAN' }
    const columns = Object.entries(types).map(([name, type]) => ({ name, type }))
    const rows = await shop.transaction(async (each) => {
      expect(await each.load('b', columns, file)).toBe(2)
      return each.rows('SELECT typeof(i), typeof(d), t, hex(x), o FROM b')
    })
    expect(rows).toEqual([
      ['integer', 'real', '"a"\n', '00FF', '1'],
      ['null', 'null', null, '', null],
    ])
  }))

test('a transaction that throws leaves nothing, and one that reads writes nothing', () =>
  withShop('CREATE TABLE a (n int)', async (shop) => {
    const failed = shop.transaction(async (each) => {
      await each.run('INSERT INTO a VALUES (?1)', ['1'])
      throw new Error('stop')
    })
    await expect(failed).rejects.toThrow('stop')
    const write = () => shop.transaction((each) => each.run('INSERT INTO a VALUES (1)'), { readOnly: true })
    expect(await problemsIn(write)).toHaveLength(1)
    expect(await shop.transaction((each) => each.rows('SELECT count(*) FROM a'))).toEqual([['0']])
  }))

test('wrong tables, queries, texts and files are told', () =>
  withShop(
    "CREATE TABLE orders (a text); INSERT INTO orders VALUES ('a' || char(0) || 'b')",
    async (shop, folder) => {
      const told = async (work: Parameters<SqlConnection['transaction']>[0]) =>
        (await problemsIn(() => shop.transaction(work)))[0]
      expect(await told((each) => each.describe({ table: 'order' }))).toMatchObject({
        code: 'connection/query',
        message: "connection 'shop': there is no table or view 'order'",
        hint: "did you mean 'orders'?",
      })
      expect(await told((each) => each.rows('SELECT b FROM orders'))).toMatchObject({
        code: 'connection/query',
        message: "connection 'shop': no such column: b",
      })
      expect(
        await told((each) => each.copyOut('SELECT * FROM orders', path.join(folder, 'x.csv'))),
      ).toMatchObject({
        code: 'source/value',
      })
      await writeFile(
        path.join(folder, 'no.db'),
        'this is no database, but it is long enough to look like one'.repeat(20),
      )
      const open = (file: string) => () =>
        openConnection({ root: folder, connections: { shop: { kind: 'sqlite', file } } }, 'shop')
      expect(await problemsIn(open('gone.db'))).toMatchObject([
        { message: "connection 'shop': there is no file gone.db" },
      ])
      expect(await problemsIn(open('no.db'))).toMatchObject([{ code: 'connection/unavailable' }])
    },
  ))

test('a database that is not there is made where the connection says so', () =>
  inFolder(async (root) => {
    const connections = { shop: { kind: 'sqlite', file: 'new/shop.db', create: true } } as const
    for (const expected of [0, 1]) {
      const shop = await openConnection({ root, connections }, 'shop')
      const tables = await shop.transaction((each) =>
        each.rows("SELECT name FROM sqlite_master WHERE name = 'a'"),
      )
      expect(tables).toHaveLength(expected)
      await shop.transaction((each) => each.run('CREATE TABLE IF NOT EXISTS a (n integer)'))
      await shop.close()
    }
  }))

test('a connection that nobody declared is told with what is near', () =>
  inFolder(async (root) => {
    const open = (name: string) =>
      openConnection({ root, connections: { shop: { kind: 'sqlite', file: 'a' } } }, name)
    expect(await problemsIn(() => open('shpo'))).toMatchObject([
      { code: 'connection/unknown', hint: "did you mean 'shop'?" },
    ])
    expect(await problemsIn(() => openConnection({ root, connections: {} }, 'shop'))).toMatchObject([
      { hint: expect.stringContaining('sluice.yaml has no connections') as string },
    ])
  }))
