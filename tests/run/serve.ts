import path from 'node:path'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { problemsOf } from '../../src/base/problem.ts'
import { diff } from '../../src/run/diff.ts'
import { openLake, type OpenLake } from '../../src/run/open-lake.ts'
import { flipped, harm, keysIn } from '../lake/flips.ts'
import { pick, randomFrom } from '../storage/chance.ts'
import { emptyProject, publishTable } from './lake-rig.ts'

/** A way in which rows leave a lake, as text. */
export type Serve = (lake: OpenLake, projectRoot: string) => Promise<string>

const shown = (value: unknown) =>
  JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one))

async function all(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const list: unknown[] = []
  for await (const item of items) list.push(item)
  return list
}

const serves: { readonly [name: string]: Serve } = {
  rows: async (lake) => shown(await all(lake.table('silver.trips').rows())),
  preview: async (lake) => shown(await lake.table('silver.trips').preview(1000)),
  profile: async (lake) => shown(await lake.table('silver.trips').profile()),
  query: async (lake) => shown(await all((await lake.query('SELECT * FROM silver.trips ORDER BY id')).rows)),
  earlier: async (lake) => shown(await all(lake.table('silver.trips@1').rows())),
  diff: async (_, projectRoot) => shown(await diff('silver.trips', { projectRoot })),
}

const columns = [
  { name: 'id', type: 'BIGINT', nullable: false },
  { name: 'fare', type: 'DECIMAL(10,2)', nullable: false },
  { name: 'note', type: 'VARCHAR', nullable: true },
]

/** A project with two versions of a table, and another table; its rows do not compress away. */
export async function twoVersions(): Promise<string> {
  const root = await emptyProject()
  const query = (seed: number, rows: number) =>
    `SELECT i::BIGINT AS id, ((hash(i * ${seed}) % 100000) / 100)::DECIMAL(10,2) AS fare, md5((i * ${seed})::VARCHAR) AS note FROM range(${rows}) r(i)`
  await publishTable(root, 'silver.trips', columns, query(3, 300), { key: ['id'] })
  await publishTable(root, 'silver.trips', columns, query(5, 320), { key: ['id'] })
  await publishTable(root, 'silver.other', columns, query(7, 100))
  return root
}

/** What came of flips: rows as they were, a Problem, or rows that are wrong. */
export interface Served {
  right: number
  refused: number
  wrong: string[]
}

/**
 * Flips one bit after the other in data and manifests, and serves rows in every way after each. An error that is no
 * Problem is thrown: people would be told of a bug.
 */
export async function serveFlipped(root: string, flips: number, seed: number): Promise<Served> {
  const random = randomFrom(seed)
  const folder = path.join(root, 'storage/lake')
  const keys = (await keysIn(folder)).filter((key) => key.startsWith('tables/'))
  const whole = await serveAll(root, Object.keys(serves))
  const served: Served = { right: 0, refused: 0, wrong: [] }
  for (let flip = 0; flip < flips; flip++) {
    const key = pick(keys, random)
    const undo = await harm(path.join(folder, key), flipped(random))
    const name = pick(Object.keys(serves), random)
    const [found] = await serveAll(root, [name])
    if (found === undefined) served.refused++
    else if (found === whole[Object.keys(serves).indexOf(name)]) served.right++
    else served.wrong.push(`${name} after a flip in ${key}`)
    await undo()
  }
  return served
}

async function serveAll(root: string, names: readonly string[]): Promise<(string | undefined)[]> {
  await using lake = await opened(root)
  const texts: (string | undefined)[] = []
  for (const name of names) texts.push(await (serves[name] as Serve)(lake, root).catch(onlyCorrupt))
  return texts
}

async function opened(root: string): Promise<OpenLake & AsyncDisposable> {
  const lake = await openLake({ projectRoot: root })
  return { ...lake, [Symbol.asyncDispose]: () => lake.close() }
}

function onlyCorrupt(error: unknown): undefined {
  const codes = problemsOf(error)?.map(({ code }) => code)
  if (codes?.every((code) => code === 'storage/corrupt') !== true) throw error
}

/** The same flips, read by DuckDB alone: how many give wrong rows without a word. */
export async function readFlipped(root: string, flips: number, seed: number): Promise<number> {
  const random = randomFrom(seed)
  const folder = path.join(root, 'storage/lake')
  const keys = (await keysIn(folder)).filter((key) => key.endsWith('.parquet'))
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  let wrong = 0
  try {
    for (let flip = 0; flip < flips; flip++) {
      const file = path.join(folder, pick(keys, random))
      const whole = await rowsIn(connection, file)
      const undo = await harm(file, flipped(random))
      const found = await rowsIn(connection, file)
      if (found !== undefined && found !== whole) wrong++
      await undo()
    }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
  return wrong
}

async function rowsIn(connection: DuckDBConnection, file: string): Promise<string | undefined> {
  try {
    return shown(await (await connection.run(`FROM read_parquet('${file}')`)).getRowsJson())
  } catch {
    // DuckDB has noticed.
    return undefined
  }
}
