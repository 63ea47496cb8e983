import { readFileSync } from 'node:fs'
import Libsql from 'libsql'
import pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { hasPostgres, withPostgres, type PostgresServer } from '../connect/postgres-server.ts'
import { nightly } from '../crash/seeds.ts'
import { Rig } from '../run/rig.ts'
import { pausedAt, type Told } from './pausing.ts'

let server: PostgresServer | undefined
let database = ''
withPostgres((started) => (server = started))

let rig: Rig
afterEach(() => rig?.close())

const env = () => ({ DB_URL: server?.url(database) ?? '' })
const prod = ['--env', 'prod', '--concurrency', '1']
const modes = { replace: '', append: "mode: 'append'", upsert: "mode: 'upsert', key: ['id'], deletes: true" }
const sinks = {
  csv: "csv({ file: 'out/n.csv' })",
  json: "json({ file: 'out/n.json' })",
  excel: "excel({ file: 'out/n.xlsx' })",
  parquet: "parquet({ file: 'out/n.parquet' })",
  package: "datapackage({ folder: 'out/p' })",
  ...Object.fromEntries(
    ['sqlite', ...(hasPostgres ? ['postgres'] : [])].flatMap((kind) =>
      Object.entries(modes).map(([mode, how]) => [
        `${kind}_${mode}`,
        `${kind}({ connection: '${kind}', table: 'n_${mode}', ${how} })`,
      ]),
    ),
  ),
}

/** A flow that delivers one table to every kind of target. */
async function delivering(names: readonly string[] = Object.keys(sinks)): Promise<void> {
  const chosen = Object.entries(sinks).filter(([name]) => names.includes(name))
  rig = await Rig.open({
    'sluice.yaml': `connections:
  sqlite: { kind: sqlite, file: db.sqlite, create: true }
  postgres: { kind: postgres, url: '\${env:DB_URL}' }
`,
    'in.csv': rowsOf(1),
    'notebooks/make.ts': `import { notebook, source, sql, t, table } from 'sluice'
const columns = { id: t.integer(), word: t.varchar() }
export const raw = source.csv('in.csv', { columns })
export const numbers = table('gold.numbers', columns)
export default notebook({ inputs: { raw }, outputs: { numbers }, select: { numbers: ({ raw }) => sql\`FROM \${raw}\` } })
`,
    'flows/f.ts': `import { flow, sink } from 'sluice'
import make, { numbers, raw } from '../notebooks/make.ts'
export default flow('f').source(raw).step(make)${chosen
      .map(([name, sink]) => `\n  .deliver(numbers, sink.${sink}, { name: '${name}' })`)
      .join('')}
`,
  })
  database = (await server?.database()) ?? ''
}

const rowsOf = (count: number) =>
  `id,word\n${Array.from({ length: count }, (_, n) => `${n + 1},w${n + 1}\n`).join('')}`

async function run(...args: string[]) {
  return rig.with(env(), 'run', '--json', ...prod, ...args)
}

/** What is wrong once all runs have ended: targets without the rows, and work that is left. */
async function faults(rows: number, names: readonly string[] = Object.keys(sinks)): Promise<string[]> {
  const found: string[] = []
  for (const name of names) {
    const ids = await idsOf(name).catch((error: unknown) => String(error))
    const want = Array.from({ length: rows }, (_, n) => n + 1).join()
    if (ids !== want) found.push(`${name}: ${ids}, not ${want}`)
  }
  const left = (await rig.with(env(), 'plan', '--json', ...prod.slice(0, 2))).lines.flatMap((line) =>
    line.verdict !== undefined && line.verdict !== 'fresh'
      ? [`${line.step} is ${line.verdict}: ${JSON.stringify(line.reasons)}`]
      : [],
  )
  return [...found, ...left]
}

async function idsOf(name: string): Promise<string> {
  const [kind = '', mode] = name.split('_')
  const ask = `SELECT id FROM n_${mode} ORDER BY id`
  if (kind === 'sqlite') {
    const open = new Libsql(rig.path('db.sqlite'))
    const ids = open.prepare(ask).raw(true).all() as number[][]
    open.close()
    return ids.flat().join()
  }
  if (kind === 'postgres') {
    const client = new pg.Client({ connectionString: server?.url(database) })
    await client.connect()
    const { rows } = await client.query<{ id: number }>(ask)
    await client.end()
    return rows.map(({ id }) => id).join()
  }
  if (kind === 'excel') return sorted(await excelIds())
  const file = rig.path(kind === 'package' ? `out/p/${dataOf()}` : `out/n.${kind}`)
  if (kind === 'parquet') return sorted(await parquetIds(file))
  const text = readFileSync(file, 'utf8')
  if (kind === 'json') return sorted((JSON.parse(text) as { id: number }[]).map(({ id }) => id))
  const [, ...lines] = text.trim().split('\n')
  return sorted(lines.map((line) => line.split(',')[0]))
}

/** A table without a key is delivered in no order. */
function sorted(ids: readonly unknown[]): string {
  return ids
    .map(Number)
    .toSorted((a, b) => a - b)
    .join()
}

async function parquetIds(file: string): Promise<unknown[]> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const connection = await (await DuckDBInstance.create()).connect()
  const reader = await connection.runAndReadAll(`SELECT id FROM '${file}' ORDER BY id`)
  connection.closeSync()
  return reader.getRows().flat()
}

async function excelIds(): Promise<unknown[]> {
  const { readXlsxObjects } = await import('hucre/xlsx')
  const { data } = await readXlsxObjects(readFileSync(rig.path('out/n.xlsx')))
  return data.map(({ id }) => id)
}

function dataOf(): string {
  const text = readFileSync(rig.path('out/p/datapackage.json'), 'utf8')
  return (JSON.parse(text) as { resources: { path: string }[] }).resources[0]?.path ?? ''
}

/** Two runs: the slow one stands still at a moment of its first delivery, and the other comes and goes meanwhile. */
async function overtaken(
  names: readonly string[],
  moment: string,
  { later, newer }: { later: boolean; newer: boolean },
): Promise<{ ended: Told; found: string[] }> {
  await delivering(names)
  if (later) {
    expect((await run()).code).toBe(0)
    await rig.write({ 'in.csv': rowsOf(2) })
  }
  const slow = await pausedAt(rig, ['run', ...prod], [moment], env())
  if (newer) await rig.write({ 'in.csv': rowsOf(4) })
  const fast = await run()
  expect(fast.code, fast.out + fast.err).toBe(0)
  const ended = await slow.end()
  return { ended, found: await faults(newer ? 4 : later ? 2 : 1, names) }
}

/** More by night: each kind of target by itself, whether it was delivered to before, and what overtakes it. */
const ways = [
  { later: true, newer: true },
  ...(nightly
    ? [
        { later: false, newer: false },
        { later: true, newer: false },
        { later: false, newer: true },
      ]
    : []),
]
const files = nightly ? ['csv', 'json', 'excel', 'parquet', 'package'] : ['excel']
const tables = Object.keys(sinks).filter(
  (name) => name.endsWith('_append') || (nightly && name.includes('_')),
)

describe('a delivery that another run overtakes', () => {
  it.each(files.flatMap((name) => ways.map((way) => ({ name, ...way }))))(
    'to a file ends with the rows of now: $name (later $later, newer $newer)',
    async ({ name, ...way }) => {
      const moment = name === 'package' ? 'before rename .*datapackage.json' : 'before rename .*/n\\.'
      const { ended, found } = await overtaken([name], moment, way)
      expect(ended.code, ended.out).toBe(0)
      expect(found).toEqual([])
    },
  )

  it.each(tables.flatMap((name) => ways.map((way) => ({ name, ...way }))))(
    'to a database ends with the rows of now, each once: $name (later $later, newer $newer)',
    async ({ name, ...way }) => {
      const moment = name.startsWith('sqlite')
        ? 'before BEGIN IMMEDIATE'
        : 'before SELECT pg_advisory_xact_lock'
      const { ended, found } = await overtaken([name], moment, way)
      expect(ended.code, ended.out).toBe(0)
      expect(found).toEqual([])
    },
  )

  it('leaves the data of a package that another run is about to name', async () => {
    await delivering(['package'])
    expect((await run()).code).toBe(0)
    await rig.write({ 'in.csv': rowsOf(2) })
    const slow = await pausedAt(rig, ['run', ...prod], ['before rename .*datapackage.json'], env())
    await rig.write({ 'in.csv': rowsOf(4) })
    expect((await run()).code).toBe(0)
    // What the slow one is about to name is there; it is named for a moment, and whole.
    expect(await rig.files('out/p/data')).toHaveLength(2)
    expect((await slow.end()).code).toBe(0)
    expect(await faults(4, ['package'])).toEqual([])
  })
})

describe('the same check finds', () => {
  it('a file of older rows, and rows that are there twice', async () => {
    const names = ['csv', 'sqlite_append']
    await delivering(names)
    expect((await run()).code).toBe(0)
    await rig.write({ 'in.csv': rowsOf(2) })
    const slow = await pausedAt(
      rig,
      ['run', ...prod],
      ['before rename .*n.csv', 'after rename .*n.csv'],
      env(),
    )
    await rig.write({ 'in.csv': rowsOf(4) })
    expect((await run()).code).toBe(0)
    await slow.goOn()
    expect(await faults(4, names)).toEqual(['csv: 1,2, not 1,2,3,4', expect.stringContaining('csv is stale')])
    // A ledger that forgets: then all rows are new.
    const open = new Libsql(rig.path('db.sqlite'))
    open.exec('DELETE FROM sluice_deliveries')
    open.close()
    expect((await slow.end()).code).toBe(0)
    expect((await run('--select', 'sqlite_append', '--force')).code).toBe(0)
    expect(await faults(4, names)).toEqual(['sqlite_append: 1,1,2,2,3,3,4,4, not 1,2,3,4'])
  })
})
