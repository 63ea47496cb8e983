import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { t } from '../../src/contract/types.ts'
import {
  contract,
  handle,
  openRig,
  parquetInput,
  problemsIn,
  queryAll,
  readAll,
  sourceInput,
  sql,
  withSession,
  writeRows,
  type Rig,
} from './kit.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterAll(() => rig.close())

const columns = { id: t.integer(), name: t.varchar().nullable(), amount: t.decimal(10, 2).nullable() }

describe('a table as input', () => {
  const types = { id: t.integer(), name: t.varchar() }
  let files: string[]
  beforeAll(async () => {
    files = [
      await writeRows(
        rig,
        contract('t', types),
        Array.from({ length: 10 }, (_, id) => ({ id, name: `n${id}` })),
      ),
    ]
  })

  it('shows only the picked columns', async () => {
    const input = parquetInput('raw', { id: t.integer() }, files)
    const problems = await problemsIn(queryAll(rig, sql`SELECT name FROM ${handle('raw')}`, [input]))
    expect(problems.map(({ code }) => code)).toEqual(['query/bind'])
  })

  it('has the declared type where the file has another', async () => {
    expect(
      await queryAll(rig, sql`SELECT typeof(id) AS type FROM ${handle('raw')} LIMIT 1`, [
        parquetInput('raw', { id: t.bigint() }, files),
      ]),
    ).toEqual([{ type: 'BIGINT' }])
  })

  it('is an empty relation with its columns when it is absent', async () => {
    const input = { ...parquetInput('raw', types, []), from: { kind: 'absent' as const } }
    expect(
      await queryAll(rig, sql`SELECT count(*) AS n, max(name) AS name FROM ${handle('raw')}`, [input]),
    ).toEqual([{ n: 0n, name: null }])
    expect(await readAll(rig, input)).toEqual([])
  })

  it('gives some rows when sampled', async () => {
    expect(await readAll(rig, parquetInput('raw', types, files, { sample: 3 }))).toHaveLength(3)
  })

  it('names a column that its files lack', async () => {
    const input = parquetInput('raw', { other: t.integer() }, files)
    expect((await problemsIn(readAll(rig, input))).map(({ code }) => code)).toEqual([
      'contract/column-missing',
    ])
  })

  it.each(['gone', 'damaged'])('names a file that is %s', async (how) => {
    const bytes = await readFile(files[0]!)
    const at = bytes.indexOf('PAR1') + 4
    const damaged = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(60, 0x55), bytes.subarray(at + 60)])
    const file =
      how === 'gone' ? path.join(rig.folder, 'gone.parquet') : await rig.file('damaged.parquet', damaged)
    const problems = await problemsIn(readAll(rig, parquetInput('raw', types, [file])))
    expect(problems.map(({ code }) => code)).toEqual(['storage/corrupt'])
    expect(JSON.stringify(problems)).toContain(path.basename(file))
  })

  it('tells the Problems of all inputs at once', async () => {
    const inputs = [
      sourceInput('a', columns, [await rig.file('a.csv', 'x\n')]),
      sourceInput('b', columns, [await rig.file('b.csv', '')]),
      parquetInput('c', types, [path.join(rig.folder, 'gone.parquet')]),
    ]
    const codes = (await problemsIn(withSession(rig, { inputs }, async () => undefined))).map(
      ({ code }) => code,
    )
    expect(new Set(codes)).toEqual(new Set(['source/columns', 'source/format', 'storage/corrupt']))
  })
})
