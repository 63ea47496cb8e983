import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problemsOf } from '../../src/base/problem.ts'
import type { Connections, SslMode } from '../../src/connect/config.ts'
import { openConnection } from '../../src/connect/open.ts'
import { makeAuthority, opensslIsThere, type Certificate } from '../connect/certificates.ts'
import { hasPostgres, startPostgres, type PostgresServer } from '../connect/postgres-server.ts'

/** Who may come in how: databases that are reached with TLS only, and without it only. */
const hba = `hostnossl only_tls all all reject
hostssl never_tls all all reject
host all all all scram-sha-256
local all all scram-sha-256
`

type Kind = 'good' | 'address' | 'name' | 'expired' | 'elsewhere' | 'star'
type Trusted = 'ours' | 'other' | 'none' | 'system' | 'empty' | 'absent'

let server: PostgresServer
let folder: string
let shown: string | undefined
const there = opensslIsThere() && hasPostgres

beforeAll(async () => {
  if (!there) return
  const [ours, other] = [await makeAuthority('ours'), await makeAuthority('other')]
  const certificates: Readonly<Record<Kind, Certificate>> = {
    good: await ours.sign('anything', 'DNS:localhost'),
    address: await ours.sign('anything', 'IP:127.0.0.1'),
    name: await ours.sign('localhost'),
    expired: await ours.sign('anything', 'DNS:localhost', -1),
    elsewhere: await ours.sign('localhost', 'DNS:db.example.com'),
    star: await ours.sign('anything', 'DNS:*'),
  }
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-tls-'))
  await writeFile(path.join(folder, 'ours.pem'), ours.cert)
  await writeFile(path.join(folder, 'other.pem'), other.cert)
  await writeFile(path.join(folder, 'empty.pem'), 'no certificate\n')
  const pairs = Object.entries(certificates).flatMap(([name, { cert, key }]) => [
    [`${name}.crt`, cert],
    [`${name}.key`, key],
  ])
  const files = { ...(Object.fromEntries(pairs) as Record<string, string>), 'pg_hba.conf': hba }
  const started = await startPostgres({ files })
  if (started) server = started
  await server.run('postgres', 'CREATE DATABASE only_tls')
  await server.run('postgres', 'CREATE DATABASE never_tls')
  process.env['TLS_PASSWORD'] = server.password
})
afterAll(async () => {
  await server?.stop()
  if (there) await rm(folder, { recursive: true, force: true })
})

/** Lets the server show another certificate, or none; done when a new connection sees it. */
async function show(kind: Kind | 'none'): Promise<void> {
  if (shown === kind) return
  const settings =
    kind === 'none'
      ? { ssl: 'off' }
      : { ssl: 'on', ssl_cert_file: `${kind}.crt`, ssl_key_file: `${kind}.key` }
  for (const [name, value] of Object.entries(settings))
    await server.run('postgres', `ALTER SYSTEM SET ${name} = '${value}'`)
  await server.run('postgres', 'SELECT pg_reload_conf()')
  const [name, value] = Object.entries(settings).at(-1) ?? []
  for (;;) {
    const { rows } = await server.run('postgres', `SHOW ${name}`)
    if (Object.values(rows[0] as object)[0] === value) break
  }
  shown = kind
}

interface Case {
  readonly mode: SslMode | undefined
  readonly shows: Kind | 'none'
  readonly trusted?: Trusted
  readonly host?: string
  readonly database?: string
  /** `tls`, `plain`, or what the Problem says. */
  readonly is: 'tls' | 'plain' | RegExp
  /** libpq does otherwise: why. */
  readonly apart?: string
}

const noTls = /does not speak TLS/
const unknown = /is not trusted: its authority is not known/
const otherName = /is not trusted: it is for another name/
const expired = /is not trusted: it has expired/

const cases: readonly Case[] = [
  { mode: 'disable', shows: 'good', is: 'plain' },
  { mode: 'disable', shows: 'none', is: 'plain' },
  { mode: 'disable', shows: 'good', database: 'only_tls', is: /no encryption/ },
  { mode: 'disable', shows: 'good', trusted: 'ours', is: 'plain' },

  { mode: undefined, shows: 'good', is: 'tls' },
  { mode: undefined, shows: 'none', is: 'plain' },
  { mode: 'prefer', shows: 'good', is: 'tls' },
  { mode: 'prefer', shows: 'expired', is: 'tls' },
  { mode: 'prefer', shows: 'elsewhere', is: 'tls' },
  { mode: 'prefer', shows: 'none', is: 'plain' },
  { mode: 'prefer', shows: 'good', database: 'never_tls', is: 'plain' },
  { mode: 'prefer', shows: 'none', database: 'only_tls', is: /no encryption/ },
  {
    mode: 'prefer',
    shows: 'good',
    trusted: 'other',
    is: /'sslrootcert' proves nothing with 'sslmode: prefer'/,
    apart: 'libpq goes on without TLS',
  },

  { mode: 'require', shows: 'good', is: 'tls' },
  { mode: 'require', shows: 'expired', is: 'tls' },
  { mode: 'require', shows: 'elsewhere', is: 'tls' },
  { mode: 'require', shows: 'none', is: noTls },
  { mode: 'require', shows: 'good', database: 'never_tls', is: /SSL encryption/ },
  // "If a root CA file is present, verify the certificate in the same way as if verify-ca was specified."
  { mode: 'require', shows: 'good', trusted: 'ours', is: 'tls' },
  { mode: 'require', shows: 'elsewhere', trusted: 'ours', is: 'tls' },
  { mode: 'require', shows: 'good', trusted: 'other', is: unknown },
  { mode: 'require', shows: 'expired', trusted: 'ours', is: expired },
  {
    mode: 'require',
    shows: 'good',
    trusted: 'system',
    is: /'sslrootcert: system' is for 'sslmode: verify-full'/,
  },

  { mode: 'verify-ca', shows: 'good', trusted: 'ours', is: 'tls' },
  { mode: 'verify-ca', shows: 'elsewhere', trusted: 'ours', is: 'tls' },
  { mode: 'verify-ca', shows: 'good', trusted: 'other', is: unknown },
  { mode: 'verify-ca', shows: 'expired', trusted: 'ours', is: expired },
  { mode: 'verify-ca', shows: 'good', trusted: 'none', is: unknown },
  { mode: 'verify-ca', shows: 'none', trusted: 'ours', is: noTls },
  {
    mode: 'verify-ca',
    shows: 'good',
    trusted: 'system',
    is: /'sslrootcert: system' is for 'sslmode: verify-full'/,
  },

  { mode: 'verify-full', shows: 'good', trusted: 'ours', is: 'tls' },
  { mode: 'verify-full', shows: 'name', trusted: 'ours', is: 'tls' },
  { mode: 'verify-full', shows: 'elsewhere', trusted: 'ours', is: otherName },
  { mode: 'verify-full', shows: 'star', trusted: 'ours', is: otherName },
  { mode: 'verify-full', shows: 'good', trusted: 'other', is: unknown },
  { mode: 'verify-full', shows: 'expired', trusted: 'ours', is: expired },
  { mode: 'verify-full', shows: 'good', trusted: 'none', is: unknown },
  { mode: 'verify-full', shows: 'good', trusted: 'system', is: unknown },
  { mode: 'verify-full', shows: 'none', trusted: 'ours', is: noTls },
  { mode: 'verify-full', shows: 'address', trusted: 'ours', host: '127.0.0.1', is: 'tls' },
  { mode: 'verify-full', shows: 'good', trusted: 'ours', host: '127.0.0.1', is: otherName },
  { mode: 'verify-full', shows: 'address', trusted: 'ours', is: otherName },
  { mode: 'verify-full', shows: 'good', trusted: 'empty', is: /holds no certificate/ },
  { mode: 'verify-full', shows: 'good', trusted: 'absent', is: /cannot be read: absent\.pem/ },
]

const called = ({ mode, shows, trusted, host, database }: Case) =>
  [mode ?? 'left out', `server: ${shows}`, trusted && `sslrootcert: ${trusted}`, host, database]
    .filter(Boolean)
    .join(', ')

const trustedFile = (trusted: Trusted | undefined): string | undefined =>
  trusted === undefined || trusted === 'none' ? undefined : trusted === 'system' ? 'system' : `${trusted}.pem`

/** The two ways in which a connection is written. */
const writings: readonly (readonly [string, (each: Case) => Connections[string]])[] = [
  [
    'keys',
    ({ mode, trusted, host = 'localhost', database = 'postgres' }) => ({
      kind: 'postgres',
      host,
      port: server.port,
      user: 'tester',
      password: '${env:TLS_PASSWORD}',
      database,
      ...(mode && { sslmode: mode }),
      ...(trustedFile(trusted) !== undefined && { sslrootcert: trustedFile(trusted) }),
    }),
  ],
  [
    'url',
    ({ mode, trusted, host = 'localhost', database = 'postgres' }) => {
      const options = new URLSearchParams()
      if (mode) options.set('sslmode', mode)
      const file = trustedFile(trusted)
      if (file !== undefined) options.set('sslrootcert', file)
      const url = `postgres://tester:\${env:TLS_PASSWORD}@${host}:${server.port}/${database}?${options.toString()}`
      return { kind: 'postgres', url }
    },
  ],
]

/** What becomes of a connection: `tls`, `plain`, or the text of its Problems. */
async function outcome(config: Connections[string]): Promise<string> {
  try {
    const shop = await openConnection({ root: folder, connections: { shop: config } }, 'shop')
    const sql = 'SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()'
    const [row] = await shop.transaction((each) => each.rows(sql))
    await shop.close()
    return row?.[0] === 'true' ? 'tls' : 'plain'
  } catch (error) {
    const problems = problemsOf(error)
    if (!problems) throw error
    expect(
      problems.every(({ code }) => ['connection/denied', 'connection/config-invalid'].includes(code)),
    ).toBe(true)
    const told = JSON.stringify(problems)
    for (const secret of [server.password, encodeURIComponent(server.password)])
      expect(told).not.toContain(secret)
    return problems.map(({ message }) => message).join('\n')
  }
}

/** What libpq makes of the same words. */
function byLibpq({ mode, trusted, host = 'localhost', database = 'postgres' }: Case): string {
  const file = trustedFile(trusted)
  const words = {
    host,
    port: server.port,
    user: 'tester',
    dbname: database,
    ...(mode && { sslmode: mode }),
    ...(file !== undefined && { sslrootcert: file }),
  }
  const text = Object.entries(words).map(([name, value]) => `${name}=${value}`)
  const sql = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'
  const ran = spawnSync(path.join(server.bin, 'psql'), ['-AtXc', sql, text.join(' ')], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: folder, PGPASSWORD: server.password },
  })
  if (ran.error) throw ran.error
  return ran.status === 0 ? (ran.stdout.trim() === 't' ? 'tls' : 'plain') : 'refused'
}

describe.runIf(there)('TLS of PostgreSQL', () => {
  const ordered = cases.toSorted((a, b) => a.shows.localeCompare(b.shows))

  test.each(ordered.map((each) => [called(each), each] as const))('%s', async (_, each) => {
    await show(each.shows)
    for (const [, writing] of writings) {
      const got = await outcome(writing(each))
      if (typeof each.is === 'string') expect(got).toBe(each.is)
      else expect(got).toMatch(each.is)
    }
    const expected = typeof each.is === 'string' ? each.is : 'refused'
    // libpq knows 'system' since version 16; before, it is the name of a file.
    if (each.trusted === 'system') return
    if (each.apart === undefined) expect(byLibpq(each)).toBe(expected)
    else expect(byLibpq(each)).not.toBe(expected)
  })

  // The checker of this table, with a driver that is told the words alone.
  test('a connection that takes `verify-full` for `require` is found out', async () => {
    const careless = async ({ host = 'localhost', is }: Case) => {
      const ssl = { rejectUnauthorized: false }
      const client = new pg.Client({
        host,
        port: server.port,
        user: 'tester',
        password: server.password,
        ssl,
        database: 'postgres',
      })
      const got = await client.connect().then(
        () => 'tls',
        () => 'refused',
      )
      await client.end().catch(() => undefined)
      return got === (typeof is === 'string' ? is : 'refused')
    }
    const wrong: string[] = []
    for (const each of ordered.filter(({ mode, shows }) => mode === 'verify-full' && shows !== 'none')) {
      await show(each.shows)
      if (!(await careless(each))) wrong.push(called(each))
    }
    expect(wrong).toContain('verify-full, server: expired, sslrootcert: ours')
    expect(wrong).toContain('verify-full, server: elsewhere, sslrootcert: ours')
  })
})
