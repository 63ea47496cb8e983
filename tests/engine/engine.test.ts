import { existsSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Columns } from '../../src/contract/column.ts'
import { renderQuery } from '../../src/contract/render.ts'
import { Sql } from '../../src/contract/sql.ts'
import { t } from '../../src/contract/types.ts'
import { openDuckDb } from '../../src/engine/duckdb/open.ts'
import { EngineInterrupted } from '../../src/engine/engine.ts'
import {
  contract,
  declared,
  openRig,
  problemsIn,
  queryAll,
  rowsOf,
  sql,
  withSession,
  writeQuery,
  writeRows,
  type Rig,
} from './kit.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterAll(() => rig.close())

describe('the content digest', () => {
  const types = { id: t.integer(), name: t.varchar().nullable() }
  const table = contract('t', types)
  const digest = (files: readonly string[], columns: Columns = types) =>
    rig.engine.contentDigest(files, declared(columns))
  const file = (rows: readonly object[]) => writeRows(rig, table, rows)

  it('does not depend on the order of rows or on how they lie in files', async () => {
    const rows = Array.from({ length: 5000 }, (_, id) => ({ id, name: id % 3 === 0 ? null : `n${id}` }))
    const one = await digest([await file(rows)])
    expect(one).toMatch(/^[0-9a-f]{64}$/)
    expect(await digest([await file(rows.toReversed())])).toBe(one)
    const [a, b] = [await file(rows.slice(0, 100)), await file(rows.slice(100))]
    expect(await digest([a, b])).toBe(one)
    expect(await digest([b, a])).toBe(one)
  })

  it.each<[string, object[]]>([
    ['another value', [{ id: 1, name: 'b' }]],
    ['NULL', [{ id: 1, name: null }]],
    [
      'a row more',
      [
        { id: 1, name: 'a' },
        { id: 1, name: 'a' },
      ],
    ],
    [
      'two rows more that are alike',
      [
        { id: 1, name: 'a' },
        { id: 1, name: 'a' },
        { id: 1, name: 'a' },
      ],
    ],
    ['no rows', []],
  ])('depends on rows: %s', async (_, rows) => {
    expect(await digest([await file(rows)])).not.toBe(await digest([await file([{ id: 1, name: 'a' }])]))
  })

  it('depends on the names and types of columns, and on which they are', async () => {
    const rows = [await file([{ id: 1, name: 'a' }])]
    const all = await Promise.all([
      digest(rows),
      digest(rows, { id: t.integer() }),
      digest(rows, { id: t.bigint() }),
      digest(rows, { name: t.varchar() }),
    ])
    expect(new Set(all).size).toBe(4)
    const renamed = await writeRows(rig, contract('t', { key: t.integer() }), [{ key: 1 }])
    expect(await digest([renamed], { key: t.integer() })).not.toBe(await digest(rows, { id: t.integer() }))
  })

  it('is that of no rows for a table without files', async () => {
    expect(await digest([])).toBe(await digest([await file([])]))
  })

  it('takes equal numbers as equal', async () => {
    const one = async (text: string) =>
      digest(
        [
          (
            await writeQuery(
              rig,
              contract('t', { x: t.double() }),
              new Sql([`SELECT ${text}::DOUBLE AS x`], []),
            )
          ).path,
        ],
        { x: t.double() },
      )
    expect(await one('0.0')).toBe(await one("'-0.0'"))
    expect(await one("'NaN'")).toBe(await one("-('NaN'::DOUBLE)"))
  })

  it('tells nested values apart that the engine hashes alike', async () => {
    const lists = { x: t.list(t.list(t.integer())).nullable(), s: t.struct({ a: t.integer() }).nullable() }
    const values = [
      { x: null, s: null },
      { x: [], s: null },
      { x: [[]], s: null },
      { x: [[null]], s: null },
      { x: [null], s: null },
      { x: [[1], [2]], s: null },
      { x: [[1, 2]], s: null },
      { x: null, s: { a: null } },
    ]
    const digests: string[] = []
    for (const row of values)
      digests.push(await digest([await writeRows(rig, contract('t', lists), [row])], lists))
    expect(new Set(digests).size).toBe(values.length)
  })

  it('is refused for a file that is gone, and stops when it is told to', async () => {
    expect(
      (await problemsIn(digest([path.join(rig.folder, 'gone.parquet')]))).map(({ code }) => code),
    ).toEqual(['storage/corrupt'])
    await expect(rig.engine.contentDigest([], [], AbortSignal.abort(new Error('enough')))).rejects.toThrow(
      'enough',
    )
  })
})

describe('a session', () => {
  const endless = sql`SELECT count(*) AS n FROM range(100000000000) t(i) WHERE hash(i) = 5`

  it('is the same everywhere: UTC, NULLs last, binary collation', async () => {
    const [row] = await queryAll(
      rig,
      sql`SELECT CAST(TIMESTAMPTZ '2020-01-01 00:00:00+02' AS VARCHAR) AS zone, list(x ORDER BY x) AS xs, 'a' < 'B' AS collation
          FROM (VALUES (2), (NULL), (1)) t(x)`,
    )
    expect(row).toEqual({ zone: '2019-12-31 22:00:00+00', xs: [1, 2, null], collation: false })
  })

  it('does not see the inputs or outputs of another', async () => {
    await withSession(
      rig,
      { outputs: [{ handle: 'o', table: contract('o', { id: t.integer() }), folder: rig.folder }] },
      async (one) => {
        await one.empty('o')
        await withSession(
          rig,
          {
            outputs: [{ handle: 'o', table: contract('o', { id: t.integer() }), folder: await rig.fresh() }],
          },
          async (other) => {
            await other.insert('o', [{ id: 1 }])
            expect((await other.finish())[0]!.rows).toBe(1)
          },
        )
      },
    )
  })

  it('ends a running query when it is interrupted, and refuses what comes later', async () => {
    await withSession(rig, {}, async (session) => {
      const running = rowsOf(session.query(renderQuery(endless)))
      const later = setInterval(() => session.interrupt(), 20)
      await expect(running).rejects.toThrow(EngineInterrupted)
      clearInterval(later)
      await expect(rowsOf(session.query(renderQuery(sql`SELECT 1`)))).rejects.toThrow(EngineInterrupted)
    })
  })

  it('ends a stream between its chunks when it is interrupted', async () => {
    await withSession(rig, {}, async (session) => {
      const read = async () => {
        let count = 0
        for await (const { rows } of session.query(renderQuery(sql`SELECT i FROM range(10000000) t(i)`))) {
          count += rows
          if (count > 10_000) session.interrupt()
        }
      }
      await expect(read()).rejects.toThrow(EngineInterrupted)
    })
  })

  it('ends the writing of an output when it is interrupted', async () => {
    const target = { handle: 'o', table: contract('o', { n: t.bigint() }), folder: await rig.fresh() }
    await withSession(rig, { outputs: [target] }, async (session) => {
      await session.write('o', renderQuery(endless))
      const later = setInterval(() => session.interrupt(), 20)
      await expect(session.finish()).rejects.toThrow(EngineInterrupted)
      clearInterval(later)
    })
  })

  it('can be closed under a running query, and the engine under a session', async () => {
    const engine = await openDuckDb({
      memory: '500MB',
      threads: 2,
      tempFolder: path.join(rig.folder, 'other'),
    })
    const session = await engine.session({ inputs: [], outputs: [], volatile: false })
    const running = rowsOf(session.query(renderQuery(endless)))
    const outcome = expect(running).rejects.toThrow(EngineInterrupted)
    await engine.close()
    await outcome
    expect(existsSync(path.join(rig.folder, 'other'))).toBe(false)
  })

  it('says so when memory is not enough', async () => {
    const engine = await openDuckDb({
      memory: '20MB',
      threads: 1,
      tempFolder: path.join(rig.folder, 'small'),
    })
    const session = await engine.session({ inputs: [], outputs: [], volatile: false })
    const hungry = sql`SELECT length(string_agg(repeat('x', 100000) || i, '')) AS n FROM range(2000) t(i)`
    expect((await problemsIn(rowsOf(session.query(renderQuery(hungry))))).map(({ code }) => code)).toEqual([
      'step/memory',
    ])
    await engine.close()
  })
})

it('names itself as fingerprints do', () => {
  expect(rig.engine.version).toMatch(/^duckdb 1\.\d+\.\d+/)
})
