import { expect, test } from 'vitest'
import { nightly } from '../crash/seeds.ts'
import { busyLake, bySize, missed, verified } from '../run/flipped-lake.ts'
import { readFlipped, serveFlipped, twoVersions } from '../run/serve.ts'

/** What is printed stands in docs/guarantees.md. */
const times = nightly ? 10 : 1

test('verify finds each of 1,000 flipped bits and 200 truncations', async () => {
  const root = await busyLake()
  const harms = { flips: 1000 * times, cuts: 200 * times, seed: 11 }
  expect(await missed(root, harms, verified)).toEqual([])
  const { flips } = harms
  const unseen = (await missed(root, { flips, seed: 11 }, bySize)).length
  expect(unseen).toBeGreaterThan(flips / 2)
  console.log(
    `${flips} flips, ${harms.cuts} truncations: all found; by sizes alone ${unseen} flips were missed`,
  )
})

test('after each of 200 flipped bits rows are right or refused', async () => {
  const root = await twoVersions()
  const { right, refused, wrong } = await serveFlipped(root, 200 * times, 21)
  expect(wrong).toEqual([])
  expect(right + refused).toBe(200 * times)
  const unchecked = await readFlipped(root, 200 * times, 21)
  expect(unchecked).toBeGreaterThan(100 * times)
  console.log(
    `${200 * times} flips: ${refused} refused, ${right} right, 0 wrong; DuckDB alone gave ${unchecked} wrong answers`,
  )
})
