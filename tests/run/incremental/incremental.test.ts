import { expect, test } from 'vitest'
import { story } from './story.ts'

test('tables of a random history are what computing all anew gives', { timeout: 120_000 }, async () => {
  const told = await story(1, 5)
  // More of them: tests/long/incremental.test.ts.
  expect(told.faults).toEqual([])
  expect(told.byChanges).toBeGreaterThan(5)
})
