import { cp, mkdir, readFile, stat, symlink } from 'node:fs/promises'
import { execFile } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { copyProject } from '../connect/copy-project.ts'
import { inFolder } from '../connect/kit.ts'
import { hasPostgres, withPostgres, type PostgresServer } from '../connect/postgres-server.ts'
import type { Rig } from '../run/rig.ts'

let server: PostgresServer
let rig: Rig | undefined
withPostgres((started) => (server = started))
afterEach(async () => {
  await rig?.close()
  rig = undefined
})

describe.runIf(hasPostgres)('sources of PostgreSQL when something goes wrong', () => {
  test('a connection that is lost in the middle of the rows leaves nothing of them, and the next run is right', async () => {
    const database = await server.database()
    await server.run(database, 'CREATE TABLE size (upto int8); INSERT INTO size VALUES (3)')
    const query = "query: 'SELECT generate_series(1, upto) AS id FROM size', name: 'series'"
    const made = await copyProject(server.url(database), query, 'id: t.bigint()')
    rig = made
    expect((await made.run()).outcomes).toEqual({ copy: 'ran' })
    const kept = await keptOf(made)

    await server.run(database, 'UPDATE size SET upto = 1000000000')
    const child = made.start(['run', '--json'])
    let out = ''
    child.stdout?.on('data', (piece: Buffer) => (out += piece.toString()))
    child.stderr?.on('data', (piece: Buffer) => (out += piece.toString()))
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    while ((await written(made)) < 1_000_000) expect(child.exitCode).toBe(null)
    await server.run(
      database,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sluice'",
    )
    expect(await ended).toBe(1)
    expect(out).toContain('connection/unavailable')
    expect(out).not.toContain(server.password)
    expect((await made.files('.sluice/sources')).filter((name) => name.endsWith('.tmp'))).toEqual([])
    expect(await keptOf(made)).toBe(kept)
    expect(await ids(made)).toEqual([1, 2, 3])

    await server.run(database, 'UPDATE size SET upto = 5')
    expect((await made.run()).outcomes).toEqual({ copy: 'ran' })
    expect(await ids(made)).toEqual([1, 2, 3, 4, 5])
  })

  test('two processes that look at one source at once both have the rows of one moment', async () => {
    const database = await server.database()
    await server.run(
      database,
      'CREATE TABLE pairs (id int8 GENERATED ALWAYS AS IDENTITY, n int8); INSERT INTO pairs (n) SELECT (i % 2) * 2 - 1 FROM generate_series(1, 2000) AS i',
    )
    const options = "table: 'pairs', highWater: 'id'"
    const made = await copyProject(server.url(database), options, 'id: t.bigint(), n: t.bigint()')
    rig = made
    const sums = () => made.query('SELECT count(*) AS rows, count(DISTINCT id) AS ids, sum(n) AS n FROM copy')
    const looks = { under: true }
    const writing = (async () => {
      while (looks.under) await server.run(database, 'INSERT INTO pairs (n) VALUES (-1), (1)')
    })()
    const both = await Promise.all([made.run(), made.run()])
    expect(both.map(({ code, out, err }) => (code === 0 ? '' : out + err))).toEqual(['', ''])
    const [found] = await sums()
    expect(found?.['n']).toEqual(0)
    expect(found?.['ids']).toEqual(found?.['rows'])
    looks.under = false
    await writing
    expect((await made.run()).code).toBe(0)
    const { rows } = await server.run(
      database,
      'SELECT count(*)::int AS rows, count(DISTINCT id)::int AS ids, 0 AS n FROM pairs',
    )
    expect(await sums()).toEqual(rows)
  })

  test('rows above a high-water column: ties at the mark are not lost, and what a count does not tell is not seen', async () => {
    const database = await server.database()
    const change = (sql: string) => server.run(database, sql)
    await change(
      "CREATE TABLE events (id int8, at timestamptz); INSERT INTO events VALUES (1, '2024-01-01'), (2, '2024-01-02')",
    )
    const options = "table: 'events', highWater: 'at'"
    const made = await copyProject(server.url(database), options, 'id: t.bigint(), at: t.timestamptz()')
    rig = made
    const next = async () => {
      const ended = await made.run()
      return { outcome: ended.outcomes['copy'] ?? 'none', ids: await ids(made), told: ended.out + ended.err }
    }
    expect(await next()).toMatchObject({ outcome: 'ran', ids: [1, 2] })
    await change("INSERT INTO events VALUES (3, '2024-01-02'), (4, '2024-01-03')")
    expect(await next()).toMatchObject({ outcome: 'ran', ids: [1, 2, 3, 4] })
    // The limits that docs/databases.md tells.
    await change('UPDATE events SET id = 20 WHERE id = 2')
    await change("DELETE FROM events WHERE id = 1; INSERT INTO events VALUES (6, '2023-01-01')")
    expect(await next()).toMatchObject({ outcome: 'fresh', ids: [1, 2, 3, 4] })
    await change('DELETE FROM events WHERE id = 3')
    const whole = await next()
    expect(whole).toMatchObject({ outcome: 'ran', ids: [4, 6, 20] })
    expect(whole.told).toContain('was read whole again')
  })
})

const checkout = fileURLToPath(new URL('../..', import.meta.url))

test.each([
  ['pg', '{ kind: postgres, host: localhost }', []],
  ['pg-copy-streams', '{ kind: postgres, host: localhost }', ['pg']],
  ['libsql', '{ kind: sqlite, file: shop.db }', []],
])('a driver that is not installed is told by its name: %s', (missing, connection, installed) =>
  inFolder(async (folder) => {
    const made = await copyProject('', "table: 'orders'", 'id: t.bigint()')
    rig = made
    if (missing === 'libsql') await made.edit('notebooks/copy.ts', 'source.postgres', 'source.sqlite')
    await made.write({ 'sluice.yaml': `connections: { shop: ${connection} }\n`, 'shop.db': '' })
    const cli = await withoutDrivers(folder, installed)
    const out = await new Promise<string>((resolve) => {
      const told = (_: unknown, stdout: string, stderr: string) => resolve(stdout + stderr)
      execFile(process.execPath, [cli, 'run'], { cwd: made.folder, encoding: 'utf8' }, told)
    })
    expect(out).toContain('connection/package-missing')
    expect(out).toContain(`npm install ${missing}`)
  }),
)

/** Sluice as a project has it that installed nothing beside it but these; the file that starts it. */
async function withoutDrivers(folder: string, installed: readonly string[]): Promise<string> {
  const text = await readFile(path.join(checkout, 'package.json'), 'utf8')
  const { dependencies } = JSON.parse(text) as { dependencies: object }
  for (const name of [...Object.keys(dependencies), ...installed]) {
    const place = path.join(folder, 'node_modules', name)
    await mkdir(path.dirname(place), { recursive: true })
    await symlink(path.join(checkout, 'node_modules', name), place, 'junction')
  }
  const own = path.join(folder, 'node_modules/sluice')
  await cp(path.join(checkout, 'dist'), path.join(own, 'dist'), { recursive: true })
  await cp(path.join(checkout, 'package.json'), path.join(own, 'package.json'))
  return path.join(own, 'dist/cli/main.js')
}

async function ids(made: Rig): Promise<unknown[]> {
  return (await made.query('SELECT id FROM copy ORDER BY id')).map(({ id }) => id)
}

/** What the project keeps of its one source. */
async function keptOf(made: Rig): Promise<string> {
  const name = (await made.files('.sluice/sources')).find((file) => file.endsWith('kept.json'))
  return made.read(`.sluice/sources/${name}`)
}

/** The file that rows are streamed into just now. */
async function partial(made: Rig): Promise<string | undefined> {
  const name = (await made.files('.sluice/sources').catch(() => [])).find((file) => file.endsWith('.tmp'))
  return name === undefined ? undefined : `.sluice/sources/${name}`
}

async function written(made: Rig): Promise<number> {
  const file = await partial(made)
  return file === undefined ? 0 : (await stat(made.path(file))).size
}
