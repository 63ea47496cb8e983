import { ProblemError, type AnotherTry, type Problem } from '../base/problem.ts'
import { tlsFault, type TlsFault } from './tls-fault.ts'

/** How messages call a connection. */
export interface Subject {
  readonly name: string
  /** Where the server is, with references as they were written: what a variable holds is never shown. */
  readonly place: string
  /** Taken out of what the server says. */
  readonly password: string
}

const network: { readonly [code: string]: string } = {
  ECONNREFUSED: 'nothing listens there',
  ENOENT: 'there is no such socket',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name of the host was not resolved',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'it did not answer in time',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
}

/**
 * What an error of the driver or the server means (PostgreSQL, "Error Codes"), as a ProblemError; what is not
 * about the connection or a statement stays as it is.
 */
export function postgresFault(error: unknown, subject: Subject, query?: string): unknown {
  if (!(error instanceof Error) || error instanceof ProblemError) return error
  const { code, position } = error as Error & { readonly code?: string; readonly position?: string }
  const at = `connection '${subject.name}'`
  const told = blanked(error.message, subject.password)
  const problem = (kind: Problem['code'], message: string, hint?: string, another?: AnotherTry) =>
    new ProblemError({ code: kind, message, where: { file: 'sluice.yaml' }, hint }, another)
  // A host with several addresses fails with one error for each.
  const first =
    error instanceof AggregateError ? (error.errors[0] as { code?: string } | undefined)?.code : code
  const word = first === undefined ? undefined : network[first]
  if (word !== undefined)
    return problem(
      'connection/unavailable',
      `${at}: ${subject.place}: ${word} (${first})`,
      undefined,
      first === 'ENOTFOUND' ? lasting : undefined,
    )
  if (/timeout expired|Connection terminated due to connection timeout/.test(error.message))
    return problem('connection/unavailable', `${at}: ${subject.place} did not answer in time`, longer)
  if (/Connection terminated|Client has encountered a connection error|server closed/i.test(error.message))
    return problem('connection/unavailable', `${at}: ${subject.place} ended the connection`)
  if (/does not support SSL/.test(error.message))
    return problem(
      'connection/denied',
      `${at}: ${subject.place} does not speak TLS`,
      'sslmode: disable, if that is meant',
    )
  const fault = tlsFault(error)
  if (fault?.about === 'protocol')
    return problem('connection/denied', `${at}: TLS with ${subject.place} failed: ${fault.what}`)
  if (fault)
    return problem(
      'connection/denied',
      `${at}: the certificate of ${subject.place} is not trusted: ${fault.what}`,
      trust[fault.about],
    )
  if (/error establishing an SSL connection/.test(error.message))
    return problem('connection/unavailable', `${at}: ${subject.place} answers TLS with an error`)
  if (/password must be a string|no password/i.test(error.message))
    return problem(
      'connection/denied',
      `${at}: ${subject.place} wants a password, and none is given`,
      passwordHint,
    )
  if (code === '28P01' || code === '28000')
    return problem('connection/denied', `${at}: ${told}`, encryptionHint(told) ?? passwordHint)
  if (code === '3D000') return problem('connection/unavailable', `${at}: ${told}`, undefined, lasting)
  if (code === '42501') return problem('connection/denied', `${at}: ${told}`, 'grant the user that right')
  if (code !== undefined && /^(53|57P|08)/.test(code))
    return problem('connection/unavailable', `${at}: ${told}`)
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code)) return error
  const place = position === undefined || query === undefined ? '' : ` (${lineOf(query, Number(position))})`
  const { hint } = error as Error & { readonly hint?: string }
  const another = inTheWay.has(code) ? { passing: true } : undefined
  return new ProblemError({ code: 'connection/query', message: `${at}: ${told}${place}`, hint }, another)
}

/** It would be the same again. */
const lasting: AnotherTry = { passing: false }

/**
 * What others do is in the way for now: a transaction that cannot be put in order with theirs (and what a standby
 * ends to keep up with its server), a deadlock, a lock.
 */
const inTheWay: ReadonlySet<string> = new Set(['40001', '40P01', '55P03'])

const longer = 'is it the right address, and does a firewall let it through? `timeout` gives it longer'
const trust: { readonly [A in TlsFault['about']]?: string } = {
  authority:
    'give the certificates of its authority by `sslrootcert`; `sslmode: require` without it trusts any',
  name: 'name the server as its certificate does; `sslmode: verify-ca` takes any name of a trusted authority',
  time: 'the server needs a new one',
}
const passwordHint = 'check `user` and `password`, or those in the variable that `url` names'

/** What helps where the server's `pg_hba.conf` refuses how the connection is made. */
function encryptionHint(told: string): string | undefined {
  if (/, (no encryption|SSL off)$/.test(told)) return 'the server may want TLS: say `sslmode: require`'
  return /, SSL (encryption|on)$/.test(told)
    ? 'the server may want no TLS: say `sslmode: disable`'
    : undefined
}

/** A position in a query as people count. */
function lineOf(query: string, position: number): string {
  const before = query.slice(0, position - 1).split('\n')
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1} of the query`
}

/** A text without a secret. */
function blanked(text: string, secret: string): string {
  if (secret.length < 4) return text
  return [secret, encodeURIComponent(secret)].reduce((left, form) => left.replaceAll(form, '***'), text)
}
