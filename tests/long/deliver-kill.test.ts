import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import Libsql from 'libsql'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { hasPostgres, withPostgres, type PostgresServer } from '../connect/postgres-server.ts'
import { nightly, sample } from '../crash/seeds.ts'
import { Rig } from '../run/rig.ts'

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const hook = new URL('../crash/deliver-hook.mjs', import.meta.url).href

let server: PostgresServer | undefined
withPostgres((started) => (server = started))

interface Hook {
  readonly at?: number
  readonly log?: string
  readonly wrong?: boolean
}

/** A project whose table has a version that is delivered, and a newer one that is not. */
interface Prepared {
  readonly rig: Rig
  readonly database?: string
}

/** What holds where: rows, or files, as one text; what must be there before and after. */
interface Target {
  readonly name: string
  readonly sink: string
  /** Rows of the versions. */
  readonly first: string
  readonly second: string
  readonly look: (folder: string, database?: string) => Promise<string>
}

const source = (rows: string) => `import { notebook, sql, t, table } from 'sluice'
export const numbers = table('gold.numbers', { id: t.integer(), word: t.varchar() })
export default notebook({
  outputs: { numbers },
  select: { numbers: () => sql\`SELECT * FROM (VALUES ${rows}) AS v(id, word)\` },
})
`
const rows = {
  one: "(1, 'a'), (1, 'a'), (2, 'b')",
  more: "(1, 'a'), (1, 'a'), (1, 'a'), (2, 'b'), (3, 'c')",
  other: "(2, 'B'), (3, 'c')",
  keyed: "(1, 'a'), (2, 'b')",
}
const readRows = 'SELECT id, word FROM numbers ORDER BY id, word'
const readLedger = 'SELECT count(*) FROM sluice_deliveries'

async function lookPostgres(_: string, database = ''): Promise<string> {
  const client = new pg.Client({ connectionString: server?.url(database) })
  await client.connect()
  try {
    const found = await client.query<string[]>({ text: readRows, rowMode: 'array' })
    const ledger = await client.query<string[]>({ text: readLedger, rowMode: 'array' })
    return `${JSON.stringify(found.rows)} ${String(ledger.rows[0]?.[0])}`
  } finally {
    await client.end()
  }
}

function lookSqlite(folder: string): Promise<string> {
  const open = new Libsql(path.join(folder, 'db.sqlite'))
  const ask = (sql: string) => open.prepare(sql).raw(true).all() as unknown[][]
  const told = `${JSON.stringify(ask(readRows))} ${String(ask(readLedger)[0]?.[0])}`
  open.close()
  return Promise.resolve(told)
}

/** All files of `out`, so that none that nobody knows is left. */
function lookFiles(folder: string): Promise<string> {
  const out = path.join(folder, 'out')
  const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).toSorted()
  const texts = files.flatMap((file) =>
    /\.\w+$/.test(file) ? [`${file}\n${readFileSync(path.join(out, file), 'utf8')}`] : [],
  )
  return Promise.resolve(texts.join('\n'))
}

/** The data that `datapackage.json` names, by its hashes: more may lie beside it while a delivery is under way. */
function lookPackage(folder: string): Promise<string> {
  const out = path.join(folder, 'out/p')
  const { resources } = JSON.parse(readFileSync(path.join(out, 'datapackage.json'), 'utf8')) as {
    resources: { path: string; hash: string; rows: number }[]
  }
  const texts = resources.map(({ path: file, hash }) => {
    const bytes = readFileSync(path.join(out, file))
    if (`sha256:${createHash('sha256').update(bytes).digest('hex')}` !== hash) return 'a mixture'
    return bytes.toString('utf8')
  })
  return Promise.resolve(texts.join('\n'))
}

const db = (options: string) => `({ connection: 'db', table: 'numbers', ${options} })`
const upsert = "mode: 'upsert', key: ['id'], deletes: true"
const targets: readonly Target[] = [
  ...(hasPostgres
    ? [
        {
          name: 'postgres, append',
          sink: `postgres${db("mode: 'append'")}`,
          first: rows.one,
          second: rows.more,
          look: lookPostgres,
        },
        {
          name: 'postgres, upsert',
          sink: `postgres${db(upsert)}`,
          first: rows.keyed,
          second: rows.other,
          look: lookPostgres,
        },
      ]
    : []),
  {
    name: 'sqlite, append',
    sink: `sqlite${db("mode: 'append'")}`,
    first: rows.one,
    second: rows.more,
    look: lookSqlite,
  },
  {
    name: 'sqlite, upsert',
    sink: `sqlite${db(upsert)}`,
    first: rows.keyed,
    second: rows.other,
    look: lookSqlite,
  },
  { name: 'csv', sink: "csv({ file: 'out/n.csv' })", first: rows.one, second: rows.other, look: lookFiles },
  {
    name: 'datapackage',
    sink: "datapackage({ folder: 'out/p' })",
    first: rows.one,
    second: rows.other,
    look: lookPackage,
  },
]

async function prepare({ sink, first, second }: Target): Promise<Prepared> {
  const isPostgres = sink.startsWith('postgres')
  const connection = isPostgres ? "kind: postgres, url: '${env:DB_URL}'" : 'kind: sqlite, file: db.sqlite'
  const rig = await Rig.open({
    'sluice.yaml': `connections: { db: { ${connection} } }\n`,
    'notebooks/make.ts': source(first),
    'flows/f.ts': `import { flow, sink } from 'sluice'
import make, { numbers } from '../notebooks/make.ts'
export default flow('f').step(make).deliver(numbers, sink.${sink}, { name: 'out' })
`,
  })
  const database = isPostgres ? await server?.database() : undefined
  const empty = new Libsql(rig.path('db.sqlite'))
  empty.exec('CREATE TABLE other (a)')
  empty.close()
  const run = (...args: string[]) => sluice(rig.folder, database, undefined, ...args)
  expect((await run()).code).toBe(0)
  await rig.write({ 'notebooks/make.ts': source(second) })
  expect((await run('--select', 'make')).code).toBe(0)
  return { rig, ...(database !== undefined && { database }) }
}

function sluice(
  folder: string,
  database: string | undefined,
  hooked: Hook | undefined,
  ...args: string[]
): Promise<{ code: number | null; signal: string | null; out: string }> {
  const env = {
    ...process.env,
    NO_COLOR: '1',
    NODE_OPTIONS: hooked ? `--import ${hook}` : '',
    ...(hooked && { SLUICE_DELIVER_HOOK: JSON.stringify(hooked) }),
    ...(database !== undefined && { DB_URL: server?.url(database) }),
  }
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [cli, 'run', '--env', 'prod', ...args],
      { cwd: folder, env },
      (_, out, err) => resolve({ code: child.exitCode, signal: child.signalCode, out: out + err }),
    )
  })
}

/** A copy of a prepared project and of its database, to be killed in. */
async function copyOf({ rig, database }: Prepared): Promise<{ folder: string; database?: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-deliver-'))
  cpSync(rig.folder, folder, { recursive: true, verbatimSymlinks: true })
  if (database === undefined || !server) return { folder }
  const copy = `${database}_${path.basename(folder).slice(-6).toLowerCase()}`
  await server.run('postgres', `CREATE DATABASE "${copy}" TEMPLATE "${database}"`)
  return { folder, database: copy }
}

/** Kills a delivery at a moment, looks, runs again and looks again: what is not as it must be, in words. */
async function violations(
  target: Target,
  prepared: Prepared,
  ends: { readonly before: string; readonly after: string },
  hooked: Hook,
): Promise<string[]> {
  const { folder, database } = await copyOf(prepared)
  const found: string[] = []
  try {
    const killed = await sluice(folder, database, hooked, '--select', 'out')
    if (killed.signal !== 'SIGKILL') found.push(`it was not killed: ${killed.out}`)
    const left = await target.look(folder, database)
    if (![ends.before, ends.after].includes(left)) found.push(`after the kill: ${left}`)
    const healed = await sluice(folder, database, undefined)
    if (healed.code !== 0) found.push(healed.out)
    const now = await target.look(folder, database)
    if (now !== ends.after) found.push(`after the next run: ${now}`)
    const again = nightly ? await sluice(folder, database, undefined) : undefined
    if (again && !again.out.includes('Nothing to do')) found.push(`not at rest: ${again.out}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return found
}

/** What a target holds before and after a delivery that nobody kills, and its moments. */
async function quiet(target: Target, prepared: Prepared, hooked: Hook = {}) {
  const before = await target.look(prepared.rig.folder, prepared.database)
  const { folder, database } = await copyOf(prepared)
  const log = path.join(folder, 'moments')
  const ended = await sluice(folder, database, { ...hooked, log }, '--select', 'out')
  expect(ended.code, ended.out).toBe(0)
  const after = await target.look(folder, database)
  expect(after).not.toBe(before)
  const moments = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []
  await rm(folder, { recursive: true, force: true })
  return { ends: { before, after }, moments: moments.map((name, at) => ({ name, at: at + 1 })) }
}

/** Around what decides, always; of all else some, or all by night. */
const decides = /(after|before) COMMIT|after INSERT INTO .*sluice|before a link|after a rename/

describe.each(targets)('a delivery to $name that is killed', (target) => {
  it('leaves the old rows or the new ones, and is made up for once by the next run', async () => {
    const prepared = await prepare(target)
    const { ends, moments } = await quiet(target, prepared)
    const last = moments.filter(({ name }) => decides.test(name)).slice(-2)
    const others = moments.filter((each) => !last.includes(each))
    const chosen = nightly ? moments : [...sample(others, 1), ...last]
    for (const { name, at } of chosen) {
      const found = await violations(target, prepared, ends, { at })
      expect(found, `killed ${name} (${at} of ${moments.length})`).toEqual([])
    }
    process.stdout.write(`${target.name}: killed at ${chosen.length} of ${moments.length} moments\n`)
    await prepared.rig.close()
  })
})

describe('the checker', () => {
  const appends = targets.filter(({ name }) => name.endsWith('append'))
  it.each(appends)('finds out a ledger in a transaction of its own: $name', async (target) => {
    const prepared = await prepare(target)
    const { ends, moments } = await quiet(target, prepared, { wrong: true })
    const between = moments.find(({ name }) => name === 'between the transactions')
    const found = await violations(target, prepared, ends, { at: between?.at ?? 0, wrong: true })
    expect(found.join('\n')).toMatch(/after the next run: .*"a".*"a".*"a".*"a".*"c".*"c"/s)
    await prepared.rig.close()
  })
})
