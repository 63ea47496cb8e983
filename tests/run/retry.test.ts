import { describe, expect, it } from 'vitest'
import { ProblemError, type AnotherTry } from '../../src/base/problem.ts'
import type { ProblemCode } from '../../src/base/codes.ts'
import { fatal, retryable, saysRetryable } from '../../src/contract/retryable.ts'
import { retryPolicy } from '../../src/flow/retry-policy.ts'
import { ChildEnded, ChildThrew } from '../../src/run/child.ts'
import { OutOfMemory } from '../../src/run/guard-memory.ts'
import { pauseAfter, withRetries } from '../../src/run/retry.ts'

const threw = (retry?: boolean) => new ChildThrew('run', { message: 'no', retryable: retry })
const problem = (...codes: ProblemCode[]) =>
  new ProblemError(codes.map((code) => ({ code, message: 'no' })) as never)

const asked = (another: AnotherTry) =>
  new ProblemError({ code: 'connection/unavailable', message: 'no' }, another)

/** How often work that always fails so is tried. */
async function triesOf(error: Error, said: Parameters<typeof retryPolicy>[0]): Promise<number> {
  let tries = 0
  const { signal } = new AbortController()
  const around = {
    policy: retryPolicy(said),
    signal,
    failed: () => undefined,
    rest: async () => {},
  }
  await expect(
    withRetries(around, () => {
      tries++
      throw error
    }),
  ).rejects.toBe(error)
  return tries
}

describe('a step that failed', () => {
  it.each<[string, Error, Parameters<typeof retryPolicy>[0], number]>([
    ['threw, without retries', threw(), undefined, 1],
    ['threw', threw(), 2, 3],
    ['ended its process', new ChildEnded(null, 'SIGSEGV'), 2, 3],
    ['was too slow', problem('step/timeout'), 2, 3],
    ['lost its storage', problem('storage/unavailable'), 2, 3],
    ['broke its contract', problem('contract/check'), 2, 1],
    ['broke its contract when its storage went', problem('storage/unavailable', 'contract/check'), 2, 1],
    ['could not be asked for now', asked({ passing: true }), 2, 3],
    ['could not be asked, and never will', asked({ passing: false }), 2, 1],
    ['is to wait a minute', asked({ passing: true, after: 60_000 }), 2, 3],
    ['is to wait for longer than it may', asked({ passing: true, after: 60_001 }), 2, 1],
    [
      'could not be asked, when only time limits are tried again',
      asked({ passing: true }),
      { times: 2, on: ['timeout'] },
      1,
    ],
    ['was over its memory limit', new OutOfMemory('limit'), 2, 1],
    ['filled its heap', new OutOfMemory('heap'), 2, 1],
    ['met a system without memory', new OutOfMemory('system'), 2, 3],
    ['threw, when only time limits are tried again', threw(), { times: 2, on: ['timeout'] }, 1],
    ['said that it may pass', threw(true), { times: 2, on: ['timeout'] }, 3],
    ['said that it will not pass', threw(false), 5, 1],
  ])('because it %s', async (_, error, said, tries) => {
    expect(await triesOf(error, said)).toBe(tries)
  })
})

it('pauses double up to the longest, and differ by chance', () => {
  const policy = retryPolicy({ times: 9, delay: '1s', maxDelay: '5s' })
  const pauses = (chance: number) =>
    [1, 2, 3, 4, 5].map((attempt) => pauseAfter(attempt, policy, () => chance))
  expect(pauses(1)).toEqual([1000, 2000, 4000, 5000, 5000])
  expect(pauses(0)).toEqual([500, 1000, 2000, 2500, 2500])
})

it('a pause is as long as the server asks for, and tries of several pieces of work count together', async () => {
  const pauses: number[] = []
  const attempts: number[] = []
  const around = {
    policy: retryPolicy({ times: 3, delay: '1ms' }),
    signal: new AbortController().signal,
    failed: () => undefined,
    rest: (ms: number) => Promise.resolve(void pauses.push(ms)),
    tries: { failed: 0 },
  }
  const failing = (times: number) =>
    withRetries(around, (attempt) => {
      attempts.push(attempt)
      if (attempt <= times) throw asked({ passing: true, after: 5000 })
      return Promise.resolve()
    })
  await failing(2)
  await expect(failing(9)).rejects.toThrow('no')
  expect(attempts).toEqual([1, 2, 3, 3, 4])
  expect(pauses).toEqual([5000, 5000, 5000])
})

it('an error says by itself, or by its cause, whether it may pass', () => {
  expect(saysRetryable(retryable('busy'))).toBe(true)
  expect(saysRetryable(fatal('gone', { cause: retryable('busy') }))).toBe(false)
  expect(saysRetryable(new Error('load failed', { cause: retryable('busy') }))).toBe(true)
  expect(saysRetryable(new Error('no'))).toBeUndefined()
  expect(saysRetryable('text')).toBeUndefined()
})
