import type { IncomingMessage } from 'node:http'
import { isAddress } from '../contract/source-web.ts'
import { statusFault, WebFault, webProblem, type WebSubject } from './web-fault.ts'

/** What makes a file known to its server again. */
export interface Validators {
  /** The address that sent it, after redirects, without its query. */
  readonly from: string
  /** A strong ETag: equal bytes have it. */
  readonly etag?: string
  readonly modified?: string
}

export interface WebAsk extends WebSubject {
  readonly headers: Readonly<Record<string, string>>
  /** Of what is kept. */
  readonly last?: Validators
  readonly signal: AbortSignal
}

export interface WebAnswer {
  readonly response: IncomingMessage
  readonly validators: Validators
}

const mostRedirects = 5
/** So long nothing may come, in milliseconds. */
const quiet = 60_000
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/**
 * Asks for an address, through redirects: headers of the source go to its own origin alone, and nothing goes from
 * https to http. Gives the answer with a body still to be read, `same` when what is kept is what the server has
 * (RFC 9110, 13.1), or `missing`. Throws WebFaults, and errors of the network.
 */
export async function answerOf(ask: WebAsk): Promise<WebAnswer | 'same' | 'missing'> {
  let url = new URL(ask.address)
  let own = ask.headers
  for (let hop = 0; hop <= mostRedirects; hop++) {
    const from = url.origin + url.pathname
    const conditions = ask.last?.from === from ? conditionsOf(ask.last) : {}
    const packed = { 'accept-encoding': /\.(gz|zst|parquet|xlsx)$/i.test(url.pathname) ? 'identity' : 'gzip' }
    const named = { 'user-agent': 'sluice', accept: '*/*', ...own }
    const response = await sent(url, { ...named, ...packed, ...conditions }, ask.signal)
    const { statusCode: status = 0, headers } = response
    if (status === 200) return { response, validators: validatorsOf(from, headers) }
    response.resume()
    if (status === 304 && Object.keys(conditions).length > 0) return 'same'
    if (status === 404 || status === 410) return 'missing'
    if (!redirects.has(status)) throw statusFault(ask, status, retryAfter(headers['retry-after']))
    const next = nextOf(ask, url, headers.location)
    if (next.origin !== url.origin) own = {}
    url = next
  }
  throw refused(ask, `leads on more than ${mostRedirects} times`)
}

async function sent(
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http')
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers, signal, timeout: quiet }, resolve)
    asked.on('timeout', () => asked.destroy(Object.assign(new Error('quiet'), { code: 'ETIMEDOUT' })))
    asked.on('error', reject)
    asked.end()
  })
}

function nextOf(ask: WebAsk, url: URL, location: string | undefined): URL {
  const next = location !== undefined && URL.canParse(location, url.href) ? new URL(location, url) : undefined
  if (!next) throw refused(ask, 'leads on to nowhere')
  if (!isAddress(next.href)) throw refused(ask, `leads on to ${next.protocol}, which is not the web`)
  if (url.protocol === 'https:' && next.protocol === 'http:')
    throw refused(ask, `leads on to ${next.origin}, which is not encrypted`)
  next.username = next.password = ''
  return next
}

function refused(ask: WebAsk, what: string): WebFault {
  return new WebFault(webProblem(ask, 'source/unreadable', what))
}

function conditionsOf({ etag, modified }: Validators): Record<string, string> {
  if (etag !== undefined) return { 'if-none-match': etag }
  return modified === undefined ? {} : { 'if-modified-since': modified }
}

/**
 * What can be believed. Weak ETags stand for equal meaning, not for equal bytes; a time may stand for two contents
 * when the file was changed within the second of the answer (RFC 9110, 8.8.2.2 and 8.8.3).
 */
function validatorsOf(from: string, headers: IncomingMessage['headers']): Validators {
  const { etag = '', 'last-modified': modified = '', date = '' } = headers
  const isOld = Date.parse(date) - Date.parse(modified) >= 1000
  return { from, ...(/^"[^"]*"$/.test(etag) && { etag }), ...(isOld && { modified }) }
}

/** Milliseconds of a Retry-After header: seconds, or a date. */
function retryAfter(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}
