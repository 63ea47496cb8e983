import { STATUS_CODES } from 'node:http'
import { ProblemError, type AnotherTry, type Problem } from '../base/problem.ts'
import type { ProblemCode } from '../base/codes.ts'
import type { DeclaredSource } from '../contract/spec.ts'
import { tlsFault, type TlsFault } from './tls-fault.ts'

/** An address of a source. */
export interface WebSubject {
  readonly source: DeclaredSource
  readonly address: string
}

/** Why an address was not fetched. */
export class WebFault extends ProblemError {
  /** Whether another try may do better within seconds. What does not may still do better later: see `another`. */
  readonly soon: boolean
  constructor(problem: Problem, another: AnotherTry = { passing: false }, soon = another.passing) {
    super(problem, another)
    this.soon = soon
  }
}

/** What went wrong with an address. No text of the server, and no header, is part of it. */
export function webProblem(subject: WebSubject, code: ProblemCode, what: string, hint?: string): Problem {
  const { name, where } = subject.source
  return {
    code,
    message: `source '${name}': ${subject.address} ${what}`,
    ...(where && { where }),
    ...(hint !== undefined && { hint }),
  }
}

const passingStatus: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

/** What a status means that brings no file (RFC 9110, 15). */
export function statusFault(subject: WebSubject, status: number, after: number | undefined): WebFault {
  const said = `answered ${status} (${STATUS_CODES[status] ?? 'unknown'})`
  if ([401, 403, 407].includes(status)) {
    const sent = subject.source.web?.headers !== undefined
    const hint = sent
      ? 'check its `headers`, and the variables that they name'
      : "say `headers: { authorization: 'Bearer ${env:TOKEN}' }`"
    return new WebFault(webProblem(subject, 'source/unreadable', said, hint))
  }
  const passing = passingStatus.has(status)
  return new WebFault(webProblem(subject, 'source/unavailable', said), { passing, after })
}

/** `soon`: it often passes within seconds; `later`: it may pass; `never`: it would be the same again. */
type Passes = 'soon' | 'later' | 'never'

const words: Readonly<Record<string, readonly [what: string, passes: Passes, hint?: string]>> = {
  ENOTFOUND: ['cannot be reached: there is no such host', 'never', 'check the address, and the network'],
  EAI_AGAIN: ['cannot be reached: the name of its host cannot be looked up', 'soon', 'check the network'],
  ECONNREFUSED: ['cannot be reached: nothing listens there', 'later'],
  ENETUNREACH: ['cannot be reached: there is no network', 'later'],
  EHOSTUNREACH: ['cannot be reached: there is no way to its host', 'later'],
  ECONNRESET: ['was cut off before it was whole', 'soon'],
  ERR_STREAM_PREMATURE_CLOSE: ['was cut off before it was whole', 'soon'],
  EPIPE: ['was cut off before it was whole', 'soon'],
  ETIMEDOUT: ['did not answer in time', 'soon'],
  Z_BUF_ERROR: ['was cut off: its gzip ends too early', 'soon'],
  Z_DATA_ERROR: ['is no sound gzip', 'soon'],
}

const trust: { readonly [A in TlsFault['about']]?: string } = {
  authority:
    'name a file with the certificates of its authority by the environment variable NODE_EXTRA_CA_CERTS',
  name: 'name the server in the address as its certificate does',
  time: 'the server needs a new one',
  protocol: 'does it speak https at that port?',
}

/** What an error of the network, of TLS or of gzip means; anything else as it is. */
export function networkFault(subject: WebSubject, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ProblemError) return error
  // A host with several addresses fails with one error for each.
  const [first = error] = error instanceof AggregateError ? (error.errors as Error[]) : []
  const { code = '' } = first as NodeJS.ErrnoException
  const told = (what: string, passes: Passes, hint?: string) =>
    new WebFault(
      webProblem(subject, 'source/unavailable', what, hint),
      { passing: passes !== 'never' },
      passes === 'soon',
    )
  const known = words[code]
  if (known) return told(...known)
  if (code.startsWith('HPE_')) return told(`is not answered as HTTP asks for: ${code}`, 'soon')
  const fault = tlsFault(first)
  if (!fault) return error
  const { about, what } = fault
  if (about === 'protocol') return told(`cannot be read by TLS: ${what}`, 'never', trust.protocol)
  return told(`cannot be trusted: of the certificate of its server, ${what}`, 'never', trust[about])
}
