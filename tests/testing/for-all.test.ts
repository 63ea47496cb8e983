import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { t, table } from '../../src/index.ts'
import { arbitrary, forAll } from '../../src/testing.ts'
import { sharedEngine } from '../../src/testing/shared-engine.ts'
import { declareTable } from '../../src/contract/declare.ts'
import { cleanTrips, countTrips, keepPrices, rawTrips, zones } from './notebooks.ts'

async function saidBy(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    return (error as Error).message.trim()
  }
  throw new Error('the property held')
}

describe('rows made from a contract', () => {
  const all = table(
    'a.all',
    {
      id: t.integer(),
      small: t.smallint().between(-5, 5),
      big: t.bigint(),
      share: t.double().check('share BETWEEN 0 AND 1'),
      fare: t.decimal(10, 2).check('fare > 0'),
      wide: t.decimal(38, 10),
      word: t.varchar().oneOf(['a', 'b']),
      code: t.varchar().unique(),
      even: t.integer().check('even % 2 = 0'),
      day: t.date().nullable(),
      from: t.timestamp(),
      until: t.timestamp(),
      flag: t.boolean(),
      time: t.time(),
      uuid: t.uuid(),
      json: t.json(),
      blob: t.blob(),
      list: t.list(t.varchar()),
      struct: t.struct({ a: t.integer(), b: t.varchar() }),
    },
    { key: ['id'], checks: ['until > "from"'] },
  )

  test('keep it: types, NULL, keys, unique columns and all checks', async () => {
    const lists = fc.sample(await arbitrary(all, { minLength: 3 }), { numRuns: 40, seed: 7 })
    const engine = await sharedEngine()
    const broken = await engine.broken(declareTable(all.origin), lists.flat())
    expect(broken.flat()).toEqual([])
    for (const list of lists) {
      expect(new Set(list.map(({ id }) => id)).size).toBe(list.length)
      expect(new Set(list.map(({ code }) => code)).size).toBe(list.length)
    }
    expect(new Set(lists.flat().map(({ word }) => word))).toEqual(new Set(['a', 'b']))
    expect(lists.flat().some(({ day }) => day === null)).toBe(true)
    expect(lists.flat().some(({ day }) => day !== null)).toBe(true)
  })

  test('hold NaN and infinities, where the checks of a column let them pass', async () => {
    const numbers = table('a.numbers', {
      d: t.double(),
      f: t.float(),
      low: t.double().check('low >= 0'),
      high: t.float().check('high < 10'),
      both: t.double().between(-1, 1),
      finite: t.double().check('isfinite(finite)'),
    })
    const rows = fc.sample(await arbitrary(numbers, { minLength: 8 }), { numRuns: 60, seed: 3 }).flat()
    const odd = (name: keyof (typeof rows)[number]) =>
      new Set(rows.map((row) => row[name]).filter((value) => !Number.isFinite(value)))
    expect(odd('d')).toEqual(new Set([NaN, Infinity, -Infinity]))
    expect(odd('f')).toEqual(new Set([NaN, Infinity, -Infinity]))
    expect(odd('low')).toEqual(new Set([NaN, Infinity]))
    expect(odd('high')).toEqual(new Set([-Infinity]))
    expect([...odd('both'), ...odd('finite')]).toEqual([])
    const engine = await sharedEngine()
    expect((await engine.broken(declareTable(numbers.origin), rows)).flat()).toEqual([])
  })

  test('are asked for where no values keep a check', async () => {
    const odd = table('a.odd', { a: t.varchar().check("md5(a) = 'x'") })
    await expect(arbitrary(odd)).rejects.toThrow(/no rows of table 'a.odd' were found/)
  })
})

describe('a notebook on generated rows', () => {
  test('keeps the contracts of its outputs', async () => {
    await forAll(cleanTrips, { runs: 20, seed: 1, within: 30_000 })
  })

  test('is held against more than its contracts', async () => {
    const options = { args: { least: 0 }, secrets: { TOKEN: 'x' }, runs: 15, within: 30_000 }
    let tries = 0
    await forAll(countTrips, options, async (tried, { trips: given }) => {
      tries++
      const rows = await tried.rows('counts')
      expect(rows.reduce((sum, row) => sum + row.trips, 0)).toBe(given.length)
    })
    expect(tries).toBe(15)
  })

  test('fails with the smallest rows that show it, and the seed that gives them again', async () => {
    const lost = (seed: object) =>
      forAll(keepPrices, { runs: 200, within: 60_000, ...seed }, async (tried, inputs) => {
        const prices = inputs.prices.filter(({ price }) => price !== null)
        expect((await tried.rows('kept')).length).toBe(prices.length)
      })
    // The planted mistake: a price of exactly 100 is lost.
    const price = fc.record({
      item: fc.constant('tea'),
      price: fc.integer({ min: 90, max: 110 }),
      at: fc.constant(new Date(0)),
      big: fc.constant(1n),
    })
    const said = await saidBy(lost({ inputs: { prices: fc.array(price, { maxLength: 10 }) }, seed: 3 }))
    expect(said).toContain('notebooks fails on generated rows')
    expect(said).toContain(
      "  prices: [\n    { item: 'tea', price: 100, at: new Date('1970-01-01'), big: 1n },\n  ]",
    )
    const [, seed, path] = /seed: (-?\d+), path: '([\d:]+)'/.exec(said) ?? []
    const again = await saidBy(
      lost({ inputs: { prices: fc.array(price, { maxLength: 10 }) }, seed: Number(seed), path }),
    )
    expect(again).toContain('price: 100')
  })

  test('gets rows that refer to each other', async () => {
    await forAll(
      cleanTrips,
      { runs: 10, inputs: { zones: [{ zone: 4, name: 'JFK' }] }, within: 30_000 },
      (_, { raw }) => {
        expect(raw.every((row) => row.zone === 4)).toBe(true)
      },
    )
  })
})

test('tables and inputs of notebooks have arbitraries', async () => {
  expect(fc.sample(await arbitrary(zones), 2)).toHaveLength(2)
  const rows = fc.sample(await arbitrary(rawTrips, { minLength: 1 }), 1).flat()
  expect(rows[0]?.kind).toMatch(/^(street|stand)$/)
})
