import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeSummary } from '../../src/run/summary.ts'
import { Rig } from '../run/rig.ts'
import { smallFlow } from '../run/small-flow.ts'

let rig: Rig
beforeAll(async () => {
  rig = await Rig.open(smallFlow)
  await rig.run('--env', 'prod')
  await rig.sluice('contract', 'lock')
  const file = 'notebooks/silver/totals.ts'
  await rig.edit(file, 'total: t.decimal(38, 2)', 'total: t.double()')
  await rig.edit(file, 'sum(amount) AS total', 'sum(amount)::DOUBLE + 1 AS total')
  await rig.run('--env', 'dev')
})
afterAll(() => rig.close())

test('contracts, data and what they reach are joined on one page', async () => {
  const { code, out } = await rig.sluice('summary', '--against', 'prod')
  expect(code).toBe(0)
  const lines = out.split('\n')
  expect(lines[0]).toBe('## ✗ 1 breaking change, 2 tables with other data')
  expect(out).toContain(
    '| <code>silver.totals</code> | **1 breaking** | 2 -> 2: 2 changed | <code>total</code> 2 | 1 column of 1 table |',
  )
  expect(out).toContain('- <code>gold.report</code>: <code>line</code>')
  expect(out).toContain('read by <code>report</code> (flow <code>sales</code>)')
  expect(out).not.toContain('bronze.sales')
})

test('--json gives the parts', async () => {
  const { lines } = await rig.sluice('summary', '--against', 'lock', '--against', 'env:prod', '--json')
  const [found] = lines as unknown as ChangeSummary[]
  expect(found?.contracts.against).toBe('the lock')
  expect(found?.contracts.changes.map(({ table, column, level }) => [table, column, level])).toContainEqual([
    'silver.totals',
    'total',
    'breaking',
  ])
  expect(found?.data?.tables.map(({ table }) => table)).toEqual(['gold.report', 'silver.totals'])
  expect(found?.reaches['silver.totals']).toEqual([{ table: 'gold.report', columns: ['line'] }])
})

test('without an environment only contracts are compared', async () => {
  const { out, code } = await rig.sluice('summary')
  expect(code).toBe(0)
  expect(out.split('\n')[0]).toBe('## ✗ 1 breaking change')
})

test('wrong words end with 2', async () => {
  for (const words of [['prd'], ['git:'], ['git:nowhere'], ['prod', 'dev']]) {
    const { code, out, err } = await rig.sluice('summary', ...words.flatMap((word) => ['--against', word]))
    expect([words, code, out]).toEqual([words, 2, ''])
    expect(err).toMatch(/\[[a-z]+\/[a-z-]+\]/)
  }
})
