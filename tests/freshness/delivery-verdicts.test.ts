import { describe, expect, it } from 'vitest'
import type { Sink } from '../../src/contract/sink.ts'
import { declaredParts, fingerprintOf, fingerprintParts } from '../../src/freshness/parts.ts'
import { deliveryKey, stepKey } from '../../src/freshness/step-key.ts'
import { judge, type Findings } from '../../src/freshness/verdict.ts'
import type { EnvState, StepRecord } from '../../src/lake/types.ts'
import { flow, notebook, sink, sql, t, table } from '../../src/index.ts'
import { declared } from '../flow/kit.ts'

const revenue = table('gold.revenue', { city: t.varchar(), amount: t.double() }, { key: ['city'] })
const make = notebook({
  name: 'make',
  outputs: { revenue },
  select: { revenue: () => sql`SELECT 1` },
})

/** The delivery as a step. */
function delivery(to: Sink, columns?: readonly ('city' | 'amount')[], name = 'out') {
  const steps = declared(
    flow('f')
      .step(make)
      .deliver(revenue, to, { name, ...(columns && { columns }) }),
  ).steps
  const step = steps.at(-1)
  if (!step) throw new Error('no step')
  return step
}

function findings(to: Sink, change: Partial<Findings> = {}, version = 'v1', env = 'prod'): Findings {
  const step = delivery(to)
  const inputs = new Map([
    ['gold.revenue', { kind: 'table', table: 'gold.revenue', version, seq: 1 } as const],
  ])
  const parts = fingerprintParts(step, { code: 'c', engine: 'e', env, inputs, edges: {} })
  return {
    step,
    parts,
    fingerprint: fingerprintOf(parts),
    inputs,
    untracked: [],
    damaged: new Map(),
    forced: false,
    now: 0,
    ...change,
  }
}

const state: EnvState = { env: 'prod', commit: 1, heads: new Map(), steps: new Map() }
const csv = sink.csv({ file: 'out/r.csv' })
const before = findings(csv)
const record: StepRecord = {
  step: 'out',
  flow: 'f',
  notebook: 'flows/f.ts',
  fingerprint: before.fingerprint,
  parts: before.parts,
  outputs: {},
  computedAt: '2026-01-01T00:00:00.000Z',
  commit: 1,
}
const words = (now: Findings, of: StepRecord | undefined = record) =>
  judge(now, of, state).reasons.map(({ word }) => word)

describe('the verdict on a delivery', () => {
  it('is fresh while version, sink and environment are the same, whatever engine and code are', () => {
    expect(judge(findings(csv), record, state)).toEqual({ fresh: true, reasons: [] })
    expect(before.parts).not.toHaveProperty('engine')
    expect(before.parts).not.toHaveProperty('code')
  })

  it.each<[string, Findings, string[]]>([
    ['a new version', findings(csv, {}, 'v2'), ['input-changed']],
    ['another delimiter', findings(sink.csv({ file: 'out/r.csv', delimiter: ';' })), ['sink-changed']],
    ['another environment', findings(csv, {}, 'v1', 'dev'), ['sink-changed']],
    [
      'a file that is gone',
      findings(csv, { targets: new Map([['out/r.csv', 'missing']]) }),
      ['output-missing'],
    ],
    [
      'a file that was edited',
      findings(csv, { targets: new Map([['out/r.csv', 'changed']]) }),
      ['output-changed'],
    ],
    ['force', findings(csv, { forced: true }), ['forced']],
  ])('is stale for %s', (_, now, expected) => {
    expect(words(now)).toEqual(expected)
  })

  it('is stale where its record was moved here: nobody knows what was delivered since', () => {
    expect(words(findings(csv), { ...record, from: { env: 'prod', commit: 3 } })).toEqual(['never-run'])
    expect(judge(findings(csv), undefined, state).reasons).toEqual([{ word: 'never-run' }])
  })

  it('is left out in other environments, also when it is forced', () => {
    const now = findings(csv, { leftOut: ['prod'], forced: true })
    expect(judge(now, undefined, state)).toMatchObject({
      fresh: true,
      held: true,
      reasons: [{ word: 'not-here' }],
    })
  })

  it('belongs to its target: another name of the step or flow changes nothing', () => {
    expect(stepKey(delivery(csv), 'f')).toBe(stepKey(delivery(csv, undefined, 'other'), 'g'))
    expect(deliveryKey(sink.postgres({ connection: 'a', table: 'b' }))).toBe('deliver:postgres:a/b')
    expect(deliveryKey(sink.datapackage({ folder: './out/p' }))).toBe('deliver:out/p/')
  })

  it('depends on the columns that are delivered, and tells of the contract in a package alone', () => {
    const parts = (to: Sink, ...columns: ('city' | 'amount')[]) => declaredParts(delivery(to, columns))
    expect(parts(csv, 'city')).not.toEqual(parts(csv, 'city', 'amount'))
    expect(Object.keys(parts(csv, 'city'))).toEqual(['sink', 'contract:in:gold.revenue'])
  })
})
