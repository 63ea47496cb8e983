import { describe, expect, test } from 'vitest'
import { problemsOf } from '../../src/base/problem.ts'
import { given } from '../../src/testing.ts'
import { cleanTrips, countTrips, keepPrices } from './notebooks.ts'

/** What a test says when it fails. */
async function saidBy(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    return (error as Error).message.trim()
  }
  throw new Error('the test passed')
}

/** The Problems of a test that is refused. */
async function codesOf(work: Promise<unknown>): Promise<string[]> {
  try {
    await work
  } catch (error) {
    return (problemsOf(error) ?? []).map(({ code }) => code)
  }
  throw new Error('the test passed')
}

const stand = [{ zone: 1, name: 'JFK' }]
/** A trip that ends before it starts. */
const backwards = [{ ended: new Date(0), started: new Date(120_000) }]
const token = { secrets: { TOKEN: 'abc' } }

describe('a notebook of queries', () => {
  test('is computed from rows in which columns are left out', async () => {
    const run = given(cleanTrips, {
      raw: [{ id: 7, fare: '12.5' }, { fare: '-1' }, { fare: '400' }],
      args: { maxFare: 300 },
    })
    await run.expect({ trips: [{ id: 7, fare: '12.50' }] })
    expect(await run.rows('trips')).toEqual([{ id: 7, zone: null, fare: '12.50', minutes: 60n }])
  })

  test('has its defaults for args, and an absent table for an optional input that is left out', async () => {
    await given(cleanTrips, { raw: [{ fare: '501' }, { id: 2, fare: '500' }] }).expect({
      trips: [{ id: 2, zone: null }],
    })
  })

  test('gets rows that refer to each other', async () => {
    const run = given(cleanTrips, { raw: [{}, {}], zones: stand })
    await run.expect({ trips: [{ zone: 'JFK' }, { zone: 'JFK' }] })
  })

  test('may give no rows, when that is said', async () => {
    await given(cleanTrips, { raw: [{ fare: '-1' }] }).expectEmpty('trips')
    expect(await saidBy(given(cleanTrips, { raw: [{}] }).expectEmpty('trips'))).toContain(
      '(0 expected, 1 found)',
    )
  })

  test('is held against some of its rows', async () => {
    const run = given(cleanTrips, { raw: [{ id: 1 }, { id: 2 }] })
    await run.expectSome({ trips: [{ id: 2 }] })
    expect(await saidBy(run.expectSome({ trips: [{ id: 3 }] }))).toContain('- missing   { id: 3 }')
  })

  test('is computed once, whatever is asked of it', async () => {
    const run = given(countTrips, { trips: [{ zone: 'a' }], args: { least: 1 } }, token)
    const all = [run.rows('counts'), run.result(), run.logs(), run.expect({ counts: [{ trips: 1 }] })]
    await Promise.all(all)
    expect(await run.logs()).toHaveLength(1)
  })
})

describe('a notebook of code', () => {
  const given2 = { trips: [{ zone: 'a' }, { zone: 'a' }, {}] }

  test('gets rows, args, variables and secrets, and gives rows, a result and what it logged', async () => {
    const run = given(countTrips, { ...given2, args: { least: 2 } }, token)
    await run.expect({ counts: [{ zone: 'a', trips: 2 }] })
    expect(await run.result()).toEqual({ zones: 1 })
    expect(await run.logs()).toEqual([{ level: 'info', text: '2 zones, token of 3' }])
    const named = given(countTrips, { ...given2, args: { least: 1 } }, { ...token, env: { NOBODY: 'x' } })
    await named.expectSome({ counts: [{ zone: 'x' }] })
  })

  test('has another result than expected', async () => {
    const run = given(countTrips, { ...given2, args: { least: 1 } }, token)
    await run.result({ zones: 2 })
    expect(await saidBy(run.result({ zones: 3 }))).toBe(
      'the result is { zones: 2 }, and { zones: 3 } was expected',
    )
  })

  test('that throws is told by its own error, or is what was expected', async () => {
    const run = given(countTrips, { trips: [{ zone: 'boom' }], args: { least: 1 } }, token)
    await expect(run.rows('counts')).rejects.toThrow(RangeError)
    await run.fails('step/threw', /explodes/)
  })

  test('gets no secret that is not given', async () => {
    const run = given(countTrips, { ...given2, args: { least: 1 } })
    await run.fails('notebook/env-invalid', 'TOKEN')
    expect(await saidBy(run.result())).toContain('give it in the test')
  })
})

describe('failing', () => {
  test('is what a test can expect', async () => {
    const run = given(cleanTrips, { raw: backwards }, { unchecked: true })
    const [problem] = await run.fails('contract/check', 'minutes >= 0')
    expect(problem?.message).toContain("output table 'silver.trips': 1 row breaks the check")
  })

  test('with something else, or not at all, is told', async () => {
    const run = given(cleanTrips, { raw: backwards }, { unchecked: true })
    expect(await saidBy(run.fails('contract/key'))).toContain('it failed with:\n  contract/check: ')
    expect(await saidBy(run.fails('contract/check', 'fare'))).toContain('contract/check and fare')
    expect(await saidBy(given(cleanTrips, { raw: [{}] }).fails('contract/key'))).toContain('did not fail')
  })
})

test('the difference names changed cells, missing rows and rows too many', async () => {
  const run = given(cleanTrips, { raw: [{ id: 7, fare: '12.5' }, { id: 8 }], zones: stand })
  const expected = [
    { id: 7, fare: '12.05', zone: 'JFK ' },
    { id: 9, zone: null },
  ]
  expect(await saidBy(run.expect({ trips: expected }))).toBe(
    [
      "output table 'silver.trips': 1 row changed, 1 row missing, 1 row too many (2 expected, 2 found)",
      '  ~ changed   { id: 7 }  fare: 12.05 expected, 12.50 found; zone: "JFK " expected, "JFK" found',
      '  - missing   { id: 9, zone: NULL }',
      '  + too many  { id: 8, zone: "JFK", fare: 2.00 }',
    ].join('\n'),
  )
})

test('a failed test points at its own line', async () => {
  try {
    await given(cleanTrips, { raw: [{}] }).expect({ trips: [{ id: 99 }] })
    expect.unreachable()
  } catch (error) {
    expect((error as Error).stack?.split('\n').find((line) => line.includes(' at '))).toContain(
      'given.test.ts',
    )
  }
})

describe('a test that proves nothing is refused', () => {
  const run = given(keepPrices, { prices: [{ item: 'a', price: 1 }] })
  test.each([
    ['expects nothing', {}, 'the test expects nothing'],
    ['expects an empty list', { kept: [] }, ".expectEmpty('kept')"],
    ['mentions no column', { kept: [{ item: 'a' }, {}] }, 'the expected row 2 mentions no column'],
    ['expects what it gives', { kept: [{ price: 1, item: 'a' }] }, 'are those given as'],
  ])('when it %s', async (_, expected, text) => {
    expect(await codesOf(run.expect(expected))).toEqual(['test/vacuous'])
    expect(await saidBy(run.expect(expected))).toContain(text)
  })

  test('unless it says so', async () => {
    await run.expect({ kept: [{ item: 'a', price: 1 }] }, { vacuous: true })
  })
})

describe('rows that no run would see are refused', () => {
  test('with all that they break', async () => {
    const raw = [
      { id: 7, zone: 5 },
      { id: 7, kind: 'x' },
    ]
    expect(await codesOf(given(cleanTrips, { raw, zones: stand }).rows('trips'))).toEqual([
      'contract/check',
      'contract/key',
      'contract/reference',
    ])
  })

  test('and it is told where there is nothing to refer to', async () => {
    const run = given(cleanTrips, { raw: [{}], zones: [] })
    expect(await saidBy(run.rows('trips'))).toContain(
      "'zones' has no rows: give it rows that 'zone' refers to",
    )
    expect(await saidBy(given(cleanTrips, { raw: [{ zone: 5 }], zones: stand }).rows('trips'))).toContain(
      'a run never sees such rows',
    )
  })

  test('unless it is said that they are not checked', async () => {
    const raw = [{ kind: 'x', zone: 5 }]
    const run = given(cleanTrips, { raw, zones: stand }, { unchecked: true })
    await run.expect({ trips: [{ zone: null }] })
  })
})

test('what TypeScript would refuse is told, all at once', async () => {
  const wrong = {
    raw: [{ id: 7, nope: 1 }, 7],
    zonez: [],
    args: { maxFare: 'a', maxFair: 1 },
  }
  const run = given(cleanTrips, wrong as never, { env: { A: '1' }, secrets: { B: '1' } })
  const said = await saidBy(run.rows('trips'))
  for (const text of [
    "arg 'maxFare' is string but number is expected",
    "arg 'maxFair'",
    "the notebook has no input 'zonez'",
    "input 'raw': row 1: table 'bronze.trips' has no column 'nope'",
    "input 'raw': row 2 is no object of columns",
    "declares no variable 'A'",
    "declares no secret 'B'",
    'tests/testing/given.test.ts:',
  ])
    expect(said).toContain(text)
  const good = given(keepPrices, { prices: [{}] })
  expect(await saidBy(good.expect({ kpt: [{ item: 1 }] } as never))).toContain("did you mean 'kept'")
  expect(await codesOf(good.expect({ kept: [{ itm: 1, price: '1' }] } as never))).toEqual([
    'test/invalid',
    'contract/value',
  ])
  expect(await codesOf(given(keepPrices, {} as never).rows('kept'))).toEqual(['test/invalid'])
})
