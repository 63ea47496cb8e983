import { describe, expect, it } from 'vitest'
import type { PartitionContents } from '../../src/freshness/partition-contents.ts'
import { planPartitions, type PartitionFacts, type PlanOptions } from '../../src/freshness/partition-plan.ts'
import type { PartitionEntry } from '../../src/lake/types.ts'

const monthly = { by: ['month'], every: 'month' } as const

/** What an input holds: by month, so many rows of some content. */
function contents(months: {
  readonly [month: string]: readonly [content: string, rows: number]
}): PartitionContents {
  return new Map(
    Object.entries(months).map(([month, [identity, rows]]) => [month, { values: [month], identity, rows }]),
  )
}

/** What an output knows once everything is computed. */
function settled(facts: PartitionFacts): PartitionEntry[] {
  return planPartitions({ ...facts, outputs: [[]] }, { lookback: false }).stale.map(
    ({ values, fingerprint }) => ({
      values,
      rows: 1,
      fingerprint,
      read: Object.fromEntries(
        [...facts.inputs].map(([handle, held]) => [handle, held.get(values[0] ?? '')?.rows ?? 0]),
      ),
    }),
  )
}

const start = {
  '2019-01': ['a', 1],
  '2019-02': ['b', 2],
  '2019-03': ['c', 3],
} as const

function facts(
  now: Parameters<typeof contents>[0],
  partition: PartitionFacts['partition'] = monthly,
): PartitionFacts {
  const before: PartitionFacts = {
    partition,
    inputs: new Map([['raw', contents(start)]]),
    outputs: [],
    shared: 'S',
  }
  return { ...before, inputs: new Map([['raw', contents(now)]]), outputs: [settled(before)] }
}

function planned(found: PartitionFacts, options?: PlanOptions) {
  const plan = planPartitions(found, options)
  return { ...plan, stale: plan.stale.map(({ values, why }) => `${values.join()} ${why}`) }
}

describe('the partitions that are computed', () => {
  it('are none where nothing changed', () => {
    expect(planned(facts(start))).toEqual({ stale: [], removed: [], late: [], left: [], fresh: 3 })
  })

  it('are those whose content changed, that are new, or that are gone', () => {
    const plan = planned(facts({ '2019-02': ['B', 2], '2019-03': ['c', 3], '2019-10': ['d', 1] }))
    expect(plan.stale).toEqual(['2019-02 changed', '2019-10 new'])
    expect(plan.removed).toEqual([['2019-01']])
    expect(plan.fresh).toBe(1)
  })

  it('are all where what they share changed, and where it is asked for', () => {
    expect(planned({ ...facts(start), shared: 'T' }).stale).toHaveLength(3)
    expect(planned(facts(start), { all: true }).stale).toEqual([
      '2019-01 forced',
      '2019-02 forced',
      '2019-03 forced',
    ])
  })

  it('are those whose files are lost, and no others', () => {
    const lost = new Set(['2019-02'])
    const found = facts({ ...start, '2019-03': ['C', 3] })
    expect(planned(found, { lost }).stale).toEqual(['2019-02 lost', '2019-03 changed'])
    expect(planned(found, { lost: new Set(['2019-03']) }).stale).toEqual(['2019-03 changed'])
    const inMarch = (values: readonly string[], stale: boolean) => stale && values[0] === '2019-03'
    expect(planned(found, { lost, within: inMarch })).toMatchObject({
      stale: ['2019-03 changed'],
      left: [['2019-02']],
    })
    const asked = (_values: readonly string[], stale: boolean) => stale
    expect(planned(found, { lost, within: asked }).stale).toEqual(['2019-02 lost', '2019-03 changed'])
    const early = facts(start, { ...monthly, lookback: 0 })
    expect(planned(early, { lost }).stale).toEqual(['2019-02 lost'])
  })

  it('are those that one of several outputs does not have', () => {
    const found = facts(start)
    const [first = []] = found.outputs
    expect(planned({ ...found, outputs: [first, first.slice(1)] }).stale).toEqual(['2019-01 changed'])
  })
})

describe('a lookback', () => {
  const lookback = { ...monthly, lookback: 1 }

  it('leaves what changed before it, and counts the rows', () => {
    const plan = planned(facts({ ...start, '2019-01': ['A', 5], '2019-02': ['B', 3] }, lookback))
    expect(plan.stale).toEqual(['2019-02 changed'])
    expect(plan.late).toEqual([{ values: ['2019-01'], input: 'raw', read: 1, rows: 4 }])
  })

  it('counts from the latest partition, across years', () => {
    const plan = planned(
      facts({ ...start, '2019-03': ['C', 4], '2020-01': ['n', 1] }, { ...lookback, lookback: 10 }),
    )
    expect(plan.stale).toEqual(['2019-03 changed', '2020-01 new'])
    const shorter = planned(
      facts({ ...start, '2019-03': ['C', 4], '2020-01': ['n', 1] }, { ...lookback, lookback: 9 }),
    )
    expect(shorter.late.map(({ values }) => values)).toEqual([['2019-03']])
  })

  it('leaves a partition that is new and before it, and one that is gone', () => {
    const plan = planned(facts({ '2018-01': ['x', 7], '2019-02': ['b', 2], '2019-03': ['c', 3] }, lookback))
    expect(plan.stale).toEqual([])
    expect(plan.late).toEqual([
      { values: ['2018-01'], input: 'raw', read: 0, rows: 7 },
      { values: ['2019-01'], gone: true, rows: 0 },
    ])
  })

  it('leaves nothing that failed, or where more than inputs changed', () => {
    const found = facts({ ...start, '2019-01': ['A', 5] }, lookback)
    expect(planned(found, { owed: new Set(['2019-01']) }).stale).toEqual(['2019-01 changed'])
    expect(planned(found, { lookback: false }).stale).toEqual(['2019-01 changed'])
  })

  it('is no limit for what is asked for; the rest stays late, or left', () => {
    const found = facts({ ...start, '2019-01': ['A', 5], '2019-03': ['C', 4] }, lookback)
    const plan = planned(found, { within: (values, stale) => stale && values[0] === '2019-01' })
    expect(plan.stale).toEqual(['2019-01 late'])
    expect(plan.left).toEqual([['2019-03']])
    expect(planned(found, { within: () => false }).late).toHaveLength(1)
  })
})
