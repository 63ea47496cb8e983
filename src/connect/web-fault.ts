import { STATUS_CODES } from 'node:http'
import { ProblemError, type Problem } from '../base/problem.ts'
import type { ProblemCode } from '../base/codes.ts'
import type { DeclaredSource } from '../contract/spec.ts'

/** An address of a source. */
export interface WebSubject {
  readonly source: DeclaredSource
  readonly address: string
}

/** Why an address was not fetched. */
export class WebFault extends ProblemError {
  /** Whether another try may do better, and in how many milliseconds the server said that it may. */
  readonly passing: boolean
  readonly after: number | undefined
  constructor(problem: Problem, passing = false, after?: number) {
    super(problem)
    this.passing = passing
    this.after = after
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
  return new WebFault(webProblem(subject, 'source/unavailable', said), passing, after)
}

const words: Readonly<Record<string, readonly [what: string, passing: boolean, hint?: string]>> = {
  ENOTFOUND: ['cannot be reached: there is no such host', false, 'check the address, and the network'],
  EAI_AGAIN: ['cannot be reached: the name of its host cannot be looked up', true, 'check the network'],
  ECONNREFUSED: ['cannot be reached: nothing listens there', false],
  ENETUNREACH: ['cannot be reached: there is no network', false],
  EHOSTUNREACH: ['cannot be reached: there is no way to its host', false],
  ECONNRESET: ['was cut off before it was whole', true],
  ERR_STREAM_PREMATURE_CLOSE: ['was cut off before it was whole', true],
  EPIPE: ['was cut off before it was whole', true],
  ETIMEDOUT: ['did not answer in time', true],
  Z_BUF_ERROR: ['was cut off: its gzip ends too early', true],
  Z_DATA_ERROR: ['is no sound gzip', true],
}

/** What an error of the network, of TLS or of gzip means; anything else as it is. */
export function networkFault(subject: WebSubject, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ProblemError) return error
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const known = words[code]
  const told = (what: string, passing: boolean, hint?: string) =>
    new WebFault(webProblem(subject, 'source/unavailable', what, hint), passing)
  if (known) return told(...known)
  if (/CERT|SIGNATURE|ERR_TLS|ERR_SSL|EPROTO/.test(code)) return told(`cannot be trusted: ${code}`, false)
  if (code.startsWith('HPE_')) return told(`is not answered as HTTP asks for: ${code}`, true)
  return error
}
