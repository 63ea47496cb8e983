import { expect, test } from 'vitest'
import type { PartitionContent } from '../../src/freshness/partition-contents.ts'
import { planPartitions, type PartitionFacts } from '../../src/freshness/partition-plan.ts'
import type { PartitionEntry } from '../../src/lake/types.ts'
import { randomFrom } from '../storage/chance.ts'

type Planner = typeof planPartitions

/** What the outputs of a step hold of a month: which rows of the input were read. */
interface Held {
  readonly entry: PartitionEntry
  readonly content: string
}

const months = Array.from(
  { length: 30 },
  (_, at) => `${2018 + Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}`,
)

/**
 * A random history of rows that arrive, also late, with runs and backfills between. After each run, the rows of the
 * output and those that are listed as late must be the rows of the input; without a lookback nothing may be late; after
 * a backfill of all, the output must hold what the input holds. Gives the first fault.
 */
function history(seed: number, plan: Planner): string | undefined {
  const chance = randomFrom(seed)
  const below = (most: number) => Math.floor(chance() * most)
  const lookback = below(4) === 0 ? undefined : below(5)
  const input = new Map<string, PartitionContent>()
  let output = new Map<string, Held>()
  let [last, version] = [0, 0]
  for (let moment = 0; moment < 25; moment++) {
    for (let arrivals = below(6); arrivals > 0; arrivals--) {
      last = Math.min(months.length - 1, last + (below(3) === 0 ? 1 : 0))
      const month = months[below(3) === 0 ? below(last + 1) : last] ?? ''
      const rows = (input.get(month)?.rows ?? 0) + 1 + below(3)
      input.set(month, { values: [month], identity: `v${++version}`, rows })
    }
    const facts: PartitionFacts = {
      partition: { by: ['month'], every: 'month', ...(lookback !== undefined && { lookback }) },
      inputs: new Map([['raw', new Map(input)]]),
      outputs: [[...output.values()].map(({ entry }) => entry)],
      shared: 'S',
    }
    const all = below(5) === 0
    const planned = plan(
      facts,
      moment === 0 ? { lookback: false } : all ? { within: (_, stale) => stale } : {},
    )
    output = new Map(output)
    for (const { values, fingerprint } of planned.stale) {
      const { identity = '', rows = 0 } = input.get(values[0] ?? '') ?? {}
      output.set(values[0] ?? '', {
        entry: { values, rows, fingerprint, read: { raw: rows } },
        content: identity,
      })
    }
    for (const values of planned.removed) output.delete(values[0] ?? '')
    const [came, held] = [
      sum([...input.values()].map(({ rows = 0 }) => rows)),
      sum([...output.values()].map(({ entry }) => entry.rows)),
    ]
    const late = sum(planned.late.map(({ rows = 0 }) => rows))
    if (held + late !== came)
      return `moment ${moment}: ${came} rows came, ${held} are there and ${late} are told as late`
    const named = new Set(planned.late.map(({ values }) => values[0]))
    for (const [month, { identity }] of input)
      if (!named.has(month) && output.get(month)?.content !== identity)
        return `moment ${moment}: ${month} is of other rows`
    if (planned.late.length > 0 && (lookback === undefined || all))
      return `moment ${moment}: rows are late without a lookback`
  }
  return undefined
}

const seeds = Array.from({ length: 300 }, (_, at) => at + 1)

test('no row is lost in silence: rows of the output and late ones are the rows that came, 300 histories', () => {
  expect(seeds.flatMap((seed) => history(seed, planPartitions) ?? [])).toEqual([])
})

const wrongs: readonly (readonly [what: string, plan: Planner])[] = [
  ['forgets late rows', (facts, options) => ({ ...planPartitions(facts, options), late: [] })],
  [
    'tells all rows of a late partition',
    (facts, options) => {
      const planned = planPartitions(facts, options)
      return {
        ...planned,
        late: planned.late.map((each) => ({ ...each, rows: (each.rows ?? 0) + (each.read ?? 0) })),
      }
    },
  ],
  [
    'leaves one partition out',
    (facts, options) => {
      const planned = planPartitions(facts, options)
      return { ...planned, stale: planned.stale.slice(0, Math.max(1, planned.stale.length - 1)) }
    },
  ],
  [
    'forgets the first late partition',
    (facts, options) => {
      const planned = planPartitions(facts, options)
      const [first] = planned.late
      return first ? { ...planned, late: planned.late.slice(1) } : planned
    },
  ],
]

test.each(wrongs)('the same histories find a plan that %s', (_, plan) => {
  expect(seeds.some((seed) => history(seed, plan) !== undefined)).toBe(true)
})

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0)
}
