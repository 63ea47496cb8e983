import { expect, test } from 'vitest'
import { firstFault, story } from './simulation/story.ts'
import { quick } from './simulation/wrong.ts'

test('whatever fails, is lost, comes twice, late or torn, and whoever dies: nothing that was promised breaks', async () => {
  let commits = 0
  for (let seed = 1; seed <= 100; seed++) {
    const told = await story(seed)
    expect(told.faults, `seed ${seed}`).toEqual([])
    commits += told.commits
  }
  expect(commits).toBeGreaterThan(1000)
})

test('a seed gives the same story again, to the last event', async () => {
  for (const seed of [3, 4, 5]) {
    const first = await story(seed)
    expect((await story(seed)).trace).toBe(first.trace)
    expect((await story(seed + 100)).trace).not.toBe(first.trace)
  }
})

test.each(quick)('the same stories find a lake that %s', async (wrong) => {
  expect(await firstFault(wrong, 200)).toBeDefined()
})
