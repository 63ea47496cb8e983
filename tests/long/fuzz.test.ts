import { beforeAll, describe, expect, it } from 'vitest'
import { nightly, seed } from '../crash/seeds.ts'
import { kinds } from '../fuzz/kinds.ts'
import { readAll, type Read } from '../fuzz/process.ts'

const times = nightly ? 20 : 1
const wanted = Object.entries(kinds).map(([name, { share }]) => [name, share * times] as const)
const minutes = 60_000

describe('what others wrote is read, or told as a Problem, in less than 5 s', () => {
  let reads: readonly Read[] = []
  beforeAll(
    async () => {
      console.log(`50,000 cases times ${times} with SLUICE_SEED=${seed}`)
      reads = await readAll(wanted, seed)
      const told = reads.map(({ name, count, ms = NaN, slowest = NaN }) => {
        return `${name}: ${count} cases, ${(ms / 1000).toFixed(1)} s, the slowest ${slowest.toFixed(0)} ms`
      })
      console.log(`${told.join('\n')}\n(of processor time)`)
    },
    20 * minutes * times,
  )

  it.each(wanted)('%s: %i cases', (name) => {
    const read = reads.find((each) => each.name === name)
    expect(read?.faults.slice(0, 5).join('\n\n')).toBe('')
  })

  it('is 50,000 cases in all', () => {
    expect(Object.values(kinds).reduce((sum, { share }) => sum + share, 0)).toBe(50_000)
    expect(reads.map(({ name }) => name)).toEqual(Object.keys(kinds))
  })
})

describe('the same look finds a reader', () => {
  const controls: readonly (readonly [name: string, count: number, says: RegExp])[] = [
    ['wrong: throws', 1, /^case 0: TypeError/],
    ['wrong: rejects later', 1, /^case 0: later: Error: later/],
    ['wrong: adds to a prototype', 60, /^case 55: a prototype changed: polluted/m],
    ['wrong: replaces a method once', 50, /^case \d+: a prototype changed: flat/],
    ['wrong: loops', 1, /^case 0: took longer than 5 s/],
    ['wrong: never ends', 1, /^the process ended with 13/],
    ['wrong: takes all for events', 100, /^case \d+: TypeError/],
  ]
  let reads: readonly Read[] = []
  beforeAll(async () => {
    reads = await readAll(
      controls.map(([name, count]) => [name, count] as const),
      seed,
    )
  }, 5 * minutes)

  it.each(controls)('that is %s', (name, _count, says) => {
    expect(reads.find((each) => each.name === name)?.faults.join('\n')).toMatch(says)
  })
})
