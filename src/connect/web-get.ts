import { rm } from 'node:fs/promises'
import { ProblemError } from '../base/problem.ts'
import { parseDuration } from '../base/duration.ts'
import { parseSize } from '../base/size.ts'
import type { Fetching } from './fetched.ts'
import { answerOf, type Validators, type WebAsk } from './web-answer.ts'
import { writeBody } from './web-body.ts'
import { networkFault, WebFault, webProblem } from './web-fault.ts'

/** A body that came whole, and is written. */
export interface WebBody {
  readonly bytes: number
  /** BLAKE3, 64 hexadecimal digits. */
  readonly hash: string
  readonly validators: Validators
}

const tries = 4
/** The longest that a server's Retry-After is waited for, in milliseconds. */
const longest = 60_000
const hour = 3_600_000

/**
 * Fetches an address into a file that is not there yet, again where what went wrong may pass. Throws a ProblemError:
 * `source/unavailable`, `source/unreadable`, `source/limit`; then there is no file.
 */
export async function getWhole(
  around: Pick<Fetching, 'pause' | 'signal'>,
  ask: Omit<WebAsk, 'signal'>,
  file: string,
): Promise<WebBody | 'same' | 'missing'> {
  const limit = AbortSignal.timeout(parseDuration(ask.source.web?.timeout ?? '') ?? hour)
  const signal = around.signal ? AbortSignal.any([around.signal, limit]) : limit
  for (let tried = 1; ; tried++) {
    try {
      return await once({ ...ask, signal }, file)
    } catch (error) {
      await rm(file, { force: true })
      if (around.signal?.aborted === true) throw error
      if (limit.aborted) throw tooLong(ask)
      const fault = networkFault(ask, error)
      if (!(fault instanceof WebFault) || !fault.soon) throw fault
      const rest = fault.another?.after ?? 500 * 2 ** (tried - 1)
      if (tried === tries || rest > longest) throw lasting(fault, tried, rest)
      await around.pause(rest, signal).catch((stopped: unknown) => {
        throw limit.aborted ? tooLong(ask) : stopped
      })
    }
  }
}

async function once(ask: WebAsk, file: string): Promise<WebBody | 'same' | 'missing'> {
  const answer = await answerOf(ask)
  if (typeof answer === 'string') return answer
  const most = parseSize(ask.source.web?.maxSize) ?? 10e9
  const written = await writeBody(ask, answer.response, file, most)
  return { ...written, validators: answer.validators }
}

/** What did not pass. */
function lasting(fault: WebFault, tried: number, rest: number): ProblemError {
  const later =
    rest > longest
      ? `, and wants to be asked again in ${Math.ceil(rest / 1000)} s`
      : `, and was asked ${tried} times`
  return new ProblemError(
    fault.problems.map((problem) => ({ ...problem, message: `${problem.message}${later}` })),
    { passing: true, after: fault.another?.after },
  )
}

function tooLong(ask: Omit<WebAsk, 'signal'>): ProblemError {
  const what = `did not come within ${ask.source.web?.timeout ?? '1h'}`
  const hint = 'say `timeout` where it takes longer'
  return new ProblemError(webProblem(ask, 'source/unavailable', what, hint), { passing: true })
}
