import { readdir, rm, truncate } from 'node:fs/promises'
import path from 'node:path'
import fc from 'fast-check'
import Libsql from 'libsql'
import { describe, expect, test } from 'vitest'
import { source } from '../../src/contract/source.ts'
import { t } from '../../src/contract/types.ts'
import { inFolder, problemsIn } from './kit.ts'
import { lookAt, rowsOf } from './rows-of.ts'

const connections = { shop: { kind: 'sqlite', file: 'shop.db' } } as const
const columns = { id: t.bigint(), at: t.bigint(), note: t.varchar().nullable() }
const orders = source.sqlite({ connection: 'shop', table: 'orders', columns })
const growing = source.sqlite({ connection: 'shop', table: 'orders', columns, highWater: 'at' })

/** A project with a database, and a way to change it. */
function withShop(
  work: (shop: { root: string; run: (sql: string) => void }) => Promise<void>,
): Promise<void> {
  return inFolder(async (root) => {
    const database = new Libsql(path.join(root, 'shop.db'))
    database.exec('CREATE TABLE orders (id integer, at integer, note text)')
    await work({ root, run: (sql) => void database.exec(sql) })
    database.close()
  })
}

const look = (root: string, of: Parameters<typeof lookAt>[2]) => lookAt(root, connections, of)

describe('a whole table', () => {
  test('has another version when a value changes, and the same when nothing does', () =>
    withShop(async ({ root, run }) => {
      run("INSERT INTO orders VALUES (1, 10, ''), (2, 20, NULL)")
      const first = await look(root, orders)
      expect(await rowsOf(first)).toEqual(['["1","10",""]', '["2","20",null]'])
      expect((await look(root, orders)).hashes).toEqual(first.hashes)
      run("UPDATE orders SET note = '' WHERE id = 2")
      expect((await look(root, orders)).hashes).not.toEqual(first.hashes)
    }))

  test('is told to be read whole where its source says nothing else', () =>
    withShop(async ({ root, run }) => {
      run('INSERT INTO orders VALUES (1, 10, NULL)')
      const told: string[] = []
      const fresh = source.sqlite({
        connection: 'shop',
        name: 'fresh',
        table: 'orders',
        columns,
        refresh: '1h',
      })
      for (const of of [orders, growing, fresh])
        await lookAt(root, connections, of, { reading: (name) => told.push(name) })
      expect(told).toEqual(['orders'])
    }))

  test('is not asked for again within `refresh`, unless its files are gone, torn or of the future', () =>
    withShop(async ({ root, run }) => {
      const fresh = source.sqlite({ connection: 'shop', table: 'orders', columns, refresh: '1h' })
      let now = 1_000_000_000_000
      const at = (ms: number) => ((now = ms), lookAt(root, connections, fresh, { now: () => now }))
      run('INSERT INTO orders VALUES (1, 10, NULL)')
      const first = await at(now)
      run('INSERT INTO orders VALUES (2, 20, NULL)')
      expect(await at(now + 3_599_000)).toEqual(first)
      expect(await rowsOf(await at(now + 2_000))).toHaveLength(2)
      run('INSERT INTO orders VALUES (3, 30, NULL)')
      expect(await rowsOf(await at(now - 10_000))).toHaveLength(3)
      run('INSERT INTO orders VALUES (4, 40, NULL)')
      const kept = await at(now)
      expect(await rowsOf(kept)).toHaveLength(3)
      await truncate(kept.files[0] ?? '', 3)
      expect(await rowsOf(await at(now))).toHaveLength(4)
      run('INSERT INTO orders VALUES (5, 50, NULL)')
      await rm(path.join(root, '.sluice'), { recursive: true })
      expect(await rowsOf(await at(now))).toHaveLength(5)
    }))

  test('two looks at once leave one good file, and nothing beside it', () =>
    withShop(async ({ root, run }) => {
      run('INSERT INTO orders VALUES (1, 10, NULL)')
      const [one, other] = await Promise.all([look(root, orders), look(root, orders)])
      expect(one).toEqual(other)
      expect(await rowsOf(one)).toHaveLength(1)
      const folder = path.dirname(one.files[0] ?? '')
      expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([])
    }))

  test('columns that are missing are told all at once, and nothing is read', () =>
    withShop(async ({ root }) => {
      const wrong = source.sqlite({
        connection: 'shop',
        table: 'orders',
        columns: { idd: t.bigint(), nota: t.varchar() },
      })
      expect(await problemsIn(() => look(root, wrong))).toMatchObject([
        {
          code: 'source/columns',
          message: "source 'orders': the column 'idd' is missing",
          hint: "did you mean 'id'?",
        },
        { code: 'source/columns', hint: "did you mean 'note'?" },
      ])
    }))
})

describe('a high-water column', () => {
  test('only what grew is read: files that are kept stay as they are', () =>
    withShop(async ({ root, run }) => {
      run('INSERT INTO orders VALUES (1, 10, NULL), (2, 20, NULL)')
      const first = await look(root, growing)
      expect(first.names).toEqual(['shop: orders up to 20', 'shop: orders at 20'])
      expect(await look(root, growing)).toEqual(first)
      run('INSERT INTO orders VALUES (3, 20, NULL), (4, 30, NULL)')
      const second = await look(root, growing)
      expect(second.files[0]).toBe(first.files[0])
      expect(second.names).toEqual(['shop: orders up to 20', 'shop: orders up to 30', 'shop: orders at 30'])
      expect(await rowsOf(second)).toHaveLength(4)
      expect(second.notes).toBeUndefined()
    }))

  test('rows that went below the mark are noticed, and told', () =>
    withShop(async ({ root, run }) => {
      run('INSERT INTO orders VALUES (1, 10, NULL), (2, 20, NULL), (3, 30, NULL)')
      await look(root, growing)
      run('DELETE FROM orders WHERE id = 1')
      const second = await look(root, growing)
      expect(await rowsOf(second)).toHaveLength(2)
      expect(second.notes?.[0]).toContain('2 rows are not above 30, and there were 3')
    }))

  test('NULL in it is a Problem, and an empty table is none', () =>
    withShop(async ({ root, run }) => {
      expect(await rowsOf(await look(root, growing))).toEqual([])
      run('INSERT INTO orders VALUES (1, NULL, NULL)')
      expect(await problemsIn(() => look(root, growing))).toMatchObject([{ code: 'source/value' }])
    }))

  test('texts that look like numbers, in a column without a type, are compared as texts', () =>
    withShop(async ({ root, run }) => {
      const texts = source.sqlite({
        connection: 'shop',
        query: 'SELECT id, k FROM texts',
        name: 'texts',
        columns: { id: t.bigint(), k: t.varchar() },
        highWater: 'k',
      })
      run("CREATE TABLE texts (id, k); INSERT INTO texts VALUES (1, '5'), (2, '50')")
      expect(await rowsOf(await look(root, texts))).toHaveLength(2)
      run("INSERT INTO texts VALUES (3, '50'), (4, '6')")
      const second = await look(root, texts)
      expect(await rowsOf(second)).toHaveLength(4)
      expect(second.notes).toBeUndefined()
    }))

  test('values that cannot be compared with one another are a Problem, not rows that are lost', () =>
    withShop(async ({ root, run }) => {
      run("INSERT INTO orders VALUES (1, 10, NULL), (2, x'00', NULL)")
      expect(await problemsIn(() => look(root, growing))).toMatchObject([{ code: 'source/value' }])
    }))

  /** Rows are added at or above the highest mark, or one is deleted; or somebody looks. */
  const history = fc.array(
    fc.record({
      kind: fc.constantFrom(...(['add', 'add', 'add', 'look', 'look', 'delete'] as const)),
      up: fc.integer({ min: 0, max: 2 }),
    }),
    { minLength: 1, maxLength: 60 },
  )
  type Reader = (root: string, kept: { rows: string[]; mark: number }) => Promise<string[]>

  /** After each look, what a reader has is what the table holds, each row once. */
  const holds = (reader: Reader) =>
    fc.asyncProperty(history, (steps) =>
      withShop(async ({ root, run }) => {
        const model = new Map<number, number>()
        const kept = { rows: [], mark: -1 }
        let [id, at] = [0, 0]
        for (const { kind, up } of [...steps, { kind: 'look' as const, up: 0 }]) {
          if (kind === 'add') {
            model.set(++id, (at += up))
            run(`INSERT INTO orders VALUES (${id}, ${at}, NULL)`)
            continue
          }
          const gone = [...model.keys()][up * 3]
          if (kind === 'delete' && gone !== undefined && model.delete(gone))
            run(`DELETE FROM orders WHERE id = ${gone}`)
          const rows = [...model].map(([each, mark]) => JSON.stringify([`${each}`, `${mark}`, null]))
          expect(await reader(root, kept)).toEqual(rows.toSorted())
        }
      }),
    )

  test('the files hold what the table holds, whatever came before', () =>
    fc.assert(
      holds(async (root) => rowsOf(await look(root, growing))),
      { numRuns: process.env['SLUICE_NIGHTLY'] === '1' ? 1000 : 12, endOnFailure: true },
    ))

  test('a reader that takes only what lies above the mark is caught', async () => {
    const wrong: Reader = async (root, kept) => {
      const above = new Libsql(path.join(root, 'shop.db'))
        .prepare('SELECT id, at, note FROM orders WHERE at > ?')
        .raw(true)
        .all(kept.mark) as [number, number, null][]
      kept.rows.push(...above.map(([id, at, note]) => JSON.stringify([`${id}`, `${at}`, note])))
      kept.mark = Math.max(kept.mark, ...above.map(([, at]) => at))
      return Promise.resolve(kept.rows.toSorted())
    }
    expect((await fc.check(holds(wrong), { numRuns: 40, endOnFailure: true })).failed).toBe(true)
  })
})
