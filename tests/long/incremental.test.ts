import { expect, test } from 'vitest'
import { nightly } from '../crash/seeds.ts'
import { story } from '../run/incremental/story.ts'
import { wrongs } from '../run/incremental/wrong.ts'

const seeds = nightly ? 1000 : 7
const moments = 8
const first = 101

test(
  `tables of ${seeds} random histories are what computing all anew gives`,
  { timeout: 3_600_000 },
  async () => {
    let byChanges = 0
    const full = new Map<string, number>()
    for (let seed = first; seed < first + seeds; seed++) {
      const told = await story(seed, moments)
      // To see it again: `await story(<seed>, 8)`.
      expect(told.faults, `seed ${seed}`).toEqual([])
      byChanges += told.byChanges
      for (const [why, count] of told.full) full.set(why, (full.get(why) ?? 0) + count)
    }
    const wholes = [...full.values()].reduce((sum, count) => sum + count, 0)
    console.log(
      `incremental: seeds ${first} to ${first + seeds - 1}, ${byChanges} computed by changes, ${wholes} whole`,
    )
    expect(byChanges).toBeGreaterThan(seeds * 5)
  },
)

test.each(wrongs)('the same histories find a Sluice that %s', { timeout: 600_000 }, async (name, make) => {
  let found: string | undefined
  for (let seed = first; seed < first + 10 && found === undefined; seed++)
    found = (await story(seed, moments, make())).faults[0]?.slice(0, 200)
  expect(found).toBeDefined()
  console.log(`a Sluice that ${name}: ${found}`)
})
