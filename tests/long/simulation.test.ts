import { expect, test } from 'vitest'
import { nightly } from '../crash/seeds.ts'
import { firstFault, story } from '../lake/simulation/story.ts'
import { wrongs } from '../lake/simulation/wrong.ts'

const seeds = nightly ? 100_000 : 10_000
const first = 1001

test(`nothing breaks in ${seeds} stories of faults and deaths`, { timeout: 3_600_000 }, async () => {
  let commits = 0
  for (let seed = first; seed < first + seeds; seed++) {
    const told = await story(seed)
    // To see it again: `await story(<seed>)`.
    expect(told.faults, `seed ${seed}`).toEqual([])
    commits += told.commits
  }
  console.log(`simulation: seeds ${first} to ${first + seeds - 1}, ${commits} commits, no violation`)
})

test.each(wrongs)('the same stories find a lake that %s', async (wrong) => {
  const found = await firstFault(wrong, 10_000)
  expect(found).toBeDefined()
  console.log(`a lake that ${wrong}: ${found}`)
})
