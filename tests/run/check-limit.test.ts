import { expect, test } from 'vitest'
import { within } from '../../src/run/check-limit.ts'

/** Processes with one call under way, which ends with them. */
function processes() {
  let end: (error: Error) => void = () => undefined
  const told = { kills: 0 }
  const kill = () => {
    told.kills++
    end(new Error('the process was ended'))
    return Promise.resolve()
  }
  const call = () => new Promise<never>((_, reject) => (end = reject))
  return { told, kill, call }
}

test('a call that takes longer than it may is ended with its processes', async () => {
  const { told, kill, call } = processes()
  await expect(within(40, { kill }, (timed) => timed(call))).rejects.toMatchObject({
    name: 'TooLate',
  })
  expect(told.kills).toBe(1)
})

test('time in which this process cannot hear an answer does not count', async () => {
  const { told, kill } = processes()
  const answered = await within(200, { kill }, (timed) =>
    timed(async () => {
      for (const until = performance.now() + 500; performance.now() < until;);
      await new Promise((resolve) => setTimeout(resolve, 1))
      return 'answer'
    }),
  )
  expect(answered).toBe('answer')
  expect(told.kills).toBe(0)
})

test('what it throws by itself is thrown on', async () => {
  const { kill } = processes()
  const work = () => Promise.reject(new RangeError('of its own'))
  await expect(within(1000, { kill }, (timed) => timed(work))).rejects.toThrow(RangeError)
})
