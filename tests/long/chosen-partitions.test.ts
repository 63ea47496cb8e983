import fc from 'fast-check'
import { expect, it } from 'vitest'
import { asked } from '../engine/kit-chosen.ts'

const literal = fc.oneof(
  fc.constantFrom("'2019-01'", "'2019-02'", "'it''s'", "''", "'zz'").map((text) => ['month', text] as const),
  fc.integer({ min: -3, max: 12 }).map((n) => ['n', String(n)] as const),
  fc.constantFrom("DATE '2019-01-04'", "'2019-02-01'", "'2019-04-09'").map((day) => ['day', day] as const),
  fc.constantFrom('true', 'false').map((ok) => ['ok', ok] as const),
  fc.integer({ min: 0, max: 31 }).map((v) => ['v', String(v)] as const),
)
const compared = fc
  .tuple(literal, fc.constantFrom('=', '<>', '<', '>=', 'IS DISTINCT FROM'))
  .map(([[column, value], by]) => `t.${column} ${by} ${value}`)
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3 },
    compared,
    fc
      .tuple(tie('condition'), fc.constantFrom('AND', 'OR'), tie('condition'))
      .map(([left, by, right]) => `(${left} ${by} ${right})`),
    tie('condition').map((inner) => `NOT (${inner})`),
  ),
}))
const table = (where: string) => `SELECT t.v, t.month FROM silver.trips AS t WHERE ${where}`
const queries = fc.oneof(
  condition.map(table),
  fc.tuple(condition, condition).map(([one, two]) => `${table(one)} UNION ALL ${table(two)}`),
  fc
    .tuple(condition, condition, fc.constantFrom('JOIN', 'LEFT JOIN', 'FULL JOIN', 'SEMI JOIN'))
    .map(([one, two, join]) =>
      table(one).replace(' WHERE', ` ${join} (${table(two)}) AS u ON t.n = u.v WHERE`),
    ),
)

/** A query whose rows are others when it is given what is chosen. */
async function differing(choose: Parameters<typeof asked>[1], runs: number): Promise<string | undefined> {
  const found = await fc.check(
    fc.asyncProperty(queries, async (text) => {
      const whole = (await asked(text, () => undefined)).rows
      return JSON.stringify((await asked(text, choose)).rows) === JSON.stringify(whole)
    }),
    { numRuns: runs, seed: 7, endOnFailure: true },
  )
  return found.counterexample?.[0]
}

it('gives the same rows as with all partitions, for random conditions', async () => {
  expect(await differing(undefined, 60)).toBeUndefined()
})

it('would be seen to give others if it left out one partition more', async () => {
  const less = (chosen: ReadonlySet<number> | undefined) => chosen && new Set([...chosen].slice(1))
  expect(await differing(less, 60)).toBeTypeOf('string')
})
