import type { ClientConfig } from 'pg'
import { parseDuration } from '../base/duration.ts'
import { ProblemError } from '../base/problem.ts'
import { sslModes, type PostgresConfig, type SslMode } from './config.ts'
import type { OpenContext } from './connection.ts'
import { tlsOptions, TlsSetting } from './postgres-tls.ts'

/** Where a server is, and how it is spoken to. */
export interface PostgresAddress {
  readonly client: ClientConfig
  readonly ssl: SslMode
}

const firstWait = 10_000

/**
 * The parts of a connection, as libpq reads them (PostgreSQL, "Connection URIs"). The driver's own reader of
 * addresses is not asked: it takes `sslmode` in another way.
 */
export function addressOf(context: OpenContext, config: PostgresConfig): PostgresAddress {
  const url = config.url === undefined ? {} : partsOf(context, config.url)
  const host = config.host ?? url.host ?? 'localhost'
  const rootcert = config.sslrootcert ?? url.sslrootcert
  // As libpq has it: who trusts the authorities of the system wants the name to be right.
  const ssl = config.sslmode ?? url.sslmode ?? (rootcert === 'system' ? 'verify-full' : 'prefer')
  const user = config.user ?? url.user
  const password = config.password ?? url.password
  return {
    client: {
      host,
      port: config.port ?? url.port ?? 5432,
      database: config.database ?? url.database ?? user,
      user,
      password: password ?? '',
      application_name: 'sluice',
      keepAlive: true,
      connectionTimeoutMillis: parseDuration(config.timeout ?? '') ?? firstWait,
      ssl: tlsOf(context, host, ssl, rootcert),
    },
    ssl,
  }
}

interface UrlParts {
  readonly host?: string
  readonly port?: number
  readonly database?: string
  readonly user?: string
  readonly password?: string
  readonly sslmode?: SslMode
  readonly sslrootcert?: string
}

function partsOf(context: OpenContext, text: string): UrlParts {
  // The host may be empty where a socket is named behind it; URL wants one.
  const address = text.replace(/^(postgres(?:ql)?:\/\/(?:[^/@]*@)?)(?=\/|$)/, '$1socket')
  if (!/^postgres(ql)?:\/\//.test(address) || !URL.canParse(address))
    throw invalid(context, "'url' is not an address such as postgres://user@host:5432/database")
  const url = new URL(address)
  const query = url.searchParams
  const known = new Set(['host', 'port', 'dbname', 'user', 'password', 'sslmode', 'sslrootcert'])
  const odd = [...query.keys()].find((key) => !known.has(key))
  if (odd !== undefined) throw invalid(context, `'url' has the option '${odd}', which is not read`)
  const mode = query.get('sslmode') ?? undefined
  const sslmode = sslModes.find((each) => each === mode)
  if (mode !== undefined && sslmode === undefined)
    throw invalid(context, `'sslmode' of 'url' is none of ${sslModes.join(', ')}`)
  const host = address !== text ? '' : url.hostname
  const part = (value: string | null) =>
    value === null || value === '' ? undefined : decoded(context, value)
  return {
    host: query.get('host') ?? part(host.replace(/^\[|\]$/g, '')),
    port: Number(query.get('port') ?? url.port) || undefined,
    database: query.get('dbname') ?? part(url.pathname.slice(1)),
    user: query.get('user') ?? part(url.username),
    password: query.get('password') ?? part(url.password),
    sslmode,
    sslrootcert: query.get('sslrootcert') ?? undefined,
  }
}

function decoded(context: OpenContext, text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid(context, "'url' holds a % that begins no character: write it as %25")
  }
}

function tlsOf(context: OpenContext, host: string, mode: SslMode, rootcert: string | undefined) {
  try {
    return tlsOptions({ root: context.root, host, mode, rootcert })
  } catch (error) {
    if (error instanceof TlsSetting) throw invalid(context, error.message, error.hint)
    throw error
  }
}

function invalid({ name }: OpenContext, fault: string, hint?: string): ProblemError {
  return new ProblemError({
    code: 'connection/config-invalid',
    message: `connection '${name}': ${fault}`,
    where: { file: 'sluice.yaml' },
    ...(hint !== undefined && { hint }),
  })
}
