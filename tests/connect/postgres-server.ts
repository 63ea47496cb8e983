import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { isRequired, missing } from '../required.ts'

/** A PostgreSQL of the tests' own: in a temporary folder, on a free port of this machine and on a socket. */
export interface PostgresServer {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly user: 'tester'
  readonly password: string
  /** The folder of its socket. */
  readonly socket: string
  /** The folder of its data. */
  readonly data: string
  readonly bin: string
  /** The address of a database, with the password. */
  url(database?: string): string
  /** Makes a new, empty database; its name. */
  database(): Promise<string>
  /** Runs SQL in a database as its owner. */
  run(database: string, sql: string): Promise<pg.QueryResult>
  stop(): Promise<void>
}

/** Where the programs of PostgreSQL are, or undefined. */
function postgresBin(): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : []
  const folders = [
    ...versions.map((version) => `${debian}/${version}/bin`),
    ...(process.env['PATH'] ?? '').split(':'),
  ]
  return folders.find((folder) =>
    ['initdb', 'postgres'].every((program) => existsSync(path.join(folder, program))),
  )
}

/** What a server has beside the usual. */
export interface PostgresOptions {
  readonly settings?: Readonly<Record<string, string>>
  /** Files in the folder of its data, for its eyes only, such as keys and `pg_hba.conf`. */
  readonly files?: Readonly<Record<string, string>>
}

/** Whether tests of PostgreSQL run: it is here, or must be. */
export const hasPostgres = postgresBin() !== undefined || isRequired('postgres')

/** Starts a server for the tests of a file, and stops it after them; it is given to `use`, if there is one. */
export function withPostgres(use: (server: PostgresServer) => void): void {
  let server: PostgresServer | undefined
  beforeAll(async () => {
    server = await startPostgres()
    if (server) use(server)
  })
  afterAll(() => server?.stop())
}

/** Starts a server, or says why tests that need one are skipped (`SLUICE_TEST_REQUIRE=postgres` makes that an error). */
export async function startPostgres(more: PostgresOptions = {}): Promise<PostgresServer | undefined> {
  const bin = postgresBin()
  if (bin === undefined) {
    missing('postgres', 'no initdb and postgres in PATH or /usr/lib/postgresql/*/bin')
    return undefined
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-pg-'))
  // The server refuses to be run by root.
  const owner = process.getuid?.() === 0 ? unprivileged(folder) : undefined
  const how = owner ?? {}
  const password = `Secret ${randomUUID()}`
  const data = path.join(folder, 'data')
  const init = ['-D', data, '-U', 'tester', '-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C', '--no-sync']
  const made = spawnSync(
    'sh',
    [
      '-c',
      `umask 077; cat > ${folder}/pw; exec "$0" "$@" --pwfile=${folder}/pw`,
      path.join(bin, 'initdb'),
      ...init,
    ],
    { ...how, input: password, encoding: 'utf8' },
  )
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`)
  for (const [name, text] of Object.entries(more.files ?? {})) {
    const file = path.join(data, name)
    await writeFile(file, text)
    await chmod(file, 0o600)
    if (owner) await chown(file, owner.uid, owner.gid)
  }
  const port = await freePort()
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: folder,
    fsync: 'off',
    log_min_messages: 'fatal',
    ...more.settings,
  }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn(path.join(bin, 'postgres'), ['-D', data, ...options], { ...how, stdio: 'ignore' })
  const connect = (database: string) =>
    new pg.Client({ host: '127.0.0.1', port, user: 'tester', password, database })
  await answering(child, () => connect('postgres'))
  const run = async (database: string, sql: string) => {
    const client = connect(database)
    await client.connect()
    try {
      return await client.query(sql)
    } finally {
      await client.end()
    }
  }
  return {
    host: '127.0.0.1',
    port,
    user: 'tester',
    password,
    socket: folder,
    data,
    bin,
    url: (database = 'postgres') =>
      `postgres://tester:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`,
    async database() {
      const name = `db_${randomUUID().replaceAll('-', '')}`
      await run('postgres', `CREATE DATABASE ${name}`)
      return name
    },
    run,
    async stop() {
      await ended(child)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Who runs the server when these tests are run by root; the folder is made theirs. */
function unprivileged(folder: string): { uid: number; gid: number; cwd: string } {
  const users = readFileSync('/etc/passwd', 'utf8')
  const line = /^(?:postgres|nobody):[^:]*:(\d+):(\d+):/m.exec(users)
  if (!line) throw new Error('there is no user postgres or nobody to run PostgreSQL as')
  const [uid, gid] = [Number(line[1]), Number(line[2])]
  spawnSync('chown', [`${uid}:${gid}`, folder])
  return { uid, gid, cwd: folder }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

/** Waits until the server answers; it is asked again at once, as connecting takes its own time. */
async function answering(child: ChildProcess, client: () => pg.Client): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`postgres ended with ${child.exitCode}`)
    const each = client()
    try {
      await each.connect()
      await each.end()
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

/** Ends the server by its process, at once: what it holds is thrown away. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGQUIT')
  await gone
}
