import type pg from 'pg'
import type copyStreams from 'pg-copy-streams'
import { projectPackage } from '../storage/driver-package.ts'
import type { PostgresConfig } from './config.ts'
import {
  namePartsOf,
  quotedName,
  type OpenContext,
  type SqlConnection,
  type TransactionOptions,
} from './connection.ts'
import { addressOf, type PostgresAddress } from './postgres-address.ts'
import { postgresFault, type Subject } from './postgres-fault.ts'
import { postgresTransaction, type PostgresSession } from './postgres-transaction.ts'
import { tlsFault } from './tls-fault.ts'

type Pg = typeof pg
type CopyStreams = typeof copyStreams

/** Texts of values that mean the same on every server, and rows in one order while a table is as it is. Set in each transaction: a pooler may change servers between. */
const settings = `SET LOCAL TIME ZONE 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'iso_8601';
SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL client_encoding = 'UTF8';
SET LOCAL synchronize_seqscans = off; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL standard_conforming_strings = on`

/** Opens a connection to PostgreSQL by the packages `pg` and `pg-copy-streams`, which the project installs. */
export async function openPostgres(
  context: OpenContext,
  written: PostgresConfig,
  config: PostgresConfig,
): Promise<SqlConnection> {
  const address = addressOf(context, config)
  const [driver, streams] = await drivers(context)
  const subject: Subject = {
    name: context.name,
    place: placeOf(written),
    password: typeof address.client.password === 'string' ? address.client.password : '',
  }
  const client = await connected(driver, address).catch((error: unknown) => {
    throw postgresFault(error, subject)
  })
  // Between statements nobody listens, and an error that nobody hears ends the process.
  client.on('error', () => undefined)
  const session: PostgresSession = { client, streams, subject, signal: context.signal }
  const stop = () => void cancel(driver, address, client)
  context.signal?.addEventListener('abort', stop, { once: true })
  return {
    name: context.name,
    kind: 'postgres',
    identifier: quotedName,
    literal: (text) => `'${text.replaceAll("'", "''")}'`,
    relation: (name) => namePartsOf(name).map(quotedName).join('.'),
    transaction: (work, options = {}) => inTransaction(session, options, work),
    close: async () => {
      context.signal?.removeEventListener('abort', stop)
      await client.end().catch(() => undefined)
    },
  }
}

async function drivers({ root, name }: OpenContext): Promise<[Pg, CopyStreams]> {
  const missing = (of: string) => ({
    code: 'connection/package-missing' as const,
    message: `connection '${name}' needs the package ${of}, which is not installed`,
    where: { file: 'sluice.yaml' },
  })
  return [
    await projectPackage<Pg>(root, 'pg', missing('pg')),
    await projectPackage<CopyStreams>(root, 'pg-copy-streams', missing('pg-copy-streams')),
  ]
}

/** With `prefer`, a server that speaks no TLS, or fails to, or lets nobody in by it, is spoken to without. */
async function connected(driver: Pg, { client: config, ssl }: PostgresAddress): Promise<pg.Client> {
  const attempt = async (how: pg.ClientConfig) => {
    const client = new driver.Client(how)
    await client.connect()
    return client
  }
  if (ssl !== 'prefer' || config.ssl === false) return attempt(config)
  try {
    return await attempt(config)
  } catch (error) {
    if (!(error instanceof Error) || !failsByTls(error)) throw error
    return attempt({ ...config, ssl: false })
  }
}

function failsByTls(error: Error & { readonly code?: string }): boolean {
  if (/does not support SSL/.test(error.message) || error.code === '28000') return true
  return tlsFault(error) !== undefined
}

async function inTransaction<T>(
  session: PostgresSession,
  { readOnly = false }: TransactionOptions,
  work: (transaction: ReturnType<typeof postgresTransaction>) => Promise<T>,
): Promise<T> {
  const { client, subject, signal } = session
  try {
    signal?.throwIfAborted()
    await client.query(readOnly ? 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' : 'BEGIN')
    await client.query(settings)
    const result = await work(postgresTransaction(session))
    signal?.throwIfAborted()
    await client.query('COMMIT')
    return result
  } catch (error) {
    // A connection that is lost has nothing to roll back.
    await client.query('ROLLBACK').catch(() => undefined)
    signal?.throwIfAborted()
    throw postgresFault(error, subject)
  }
}

/** Ends what the server does for a connection, by a second one; then the connection itself. */
async function cancel(driver: Pg, address: PostgresAddress, client: pg.Client): Promise<void> {
  const { processID } = client as pg.Client & { readonly processID: number | null }
  try {
    const second = await connected(driver, address)
    try {
      await second.query('SELECT pg_cancel_backend($1)', [processID])
    } finally {
      await second.end()
    }
  } catch {
    // The server may be gone, or full: then the end of the connection must do.
  } finally {
    const { connection } = client as pg.Client & { readonly connection: { stream: { destroy(): void } } }
    connection.stream.destroy()
  }
}

/** Where the server is, as `sluice.yaml` says it, without a user and a password. */
function placeOf({ url, host, port }: PostgresConfig): string {
  if (host !== undefined) return `${host}${port === undefined ? '' : `:${port}`}`
  const text = (url ?? '').replace(/[?].*$/, '').replace(/^(postgres(?:ql)?:\/\/)[^@]*@/, '$1')
  return text.startsWith('${') ? `the server of ${text}` : text
}
