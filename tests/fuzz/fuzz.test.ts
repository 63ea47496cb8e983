import { describe, expect, it } from 'vitest'
import { seed } from '../crash/seeds.ts'
import { kinds } from './kinds.ts'
import { look } from './look.ts'
import { wrong } from './wrong.ts'

/** A small part of what tests/long/fuzz.test.ts reads: a fiftieth of each kind, and at most 100. */
const few = Object.entries(kinds).map(
  ([name, kind]) => [name, Math.min(100, Math.ceil(kind.share / 50)), kind] as const,
)

describe('what others wrote is read or told as a Problem', () => {
  it.each(few)('%s: %i cases', async (_name, count, kind) => {
    const { faults } = await look(kind, { seed, count })
    await kind.close?.()
    expect(faults.slice(0, 3).join('\n\n'), `SLUICE_SEED=${seed}`).toBe('')
  })
})

describe('the same look finds a reader that is', () => {
  it.each([
    ['wrong: throws', /^case 0: TypeError/],
    ['wrong: adds to a prototype', /^case 0: a prototype changed: polluted/],
    ['wrong: replaces a method once', /^case \d+: a prototype changed: flat/],
    ['wrong: takes all for events', /^case \d+: TypeError/],
  ])('%s', async (name, says) => {
    const kind = wrong[name]
    if (!kind) throw new Error(`there is no kind ${name}`)
    const { faults } = await look(kind, { seed, count: 50 })
    expect(faults.join('\n')).toMatch(says)
    expect('polluted' in {}).toBe(false)
  })
})
