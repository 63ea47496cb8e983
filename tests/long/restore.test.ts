import { afterAll, beforeAll, expect, test } from 'vitest'
import { Rig } from '../run/rig.ts'
import { smallFlow } from '../run/small-flow.ts'

let rig: Rig

beforeAll(async () => {
  rig = await Rig.open(smallFlow)
  expect((await rig.run()).code).toBe(0)
  await rig.write({ 'data/more.csv': 'id,region,amount,note\n9,east,1.00,x\n' })
  expect((await rig.run()).code).toBe(0)
}, 60_000)
afterAll(() => rig.close())

// One story, in this order.
test('a run leaves a restored table alone, and computes what is downstream from it', async () => {
  const { code, out } = await rig.sluice('restore', 'silver.totals', '--to', '1')
  expect(code).toBe(0)
  expect(out).toContain('silver.totals@3 is what @1 was (2 rows')
  expect(out).toContain('Held: runs leave silver.totals alone until `sluice release silver.totals`')
  const { outcomes, reasons } = await rig.run('--no-cache')
  expect(outcomes).toEqual({ ingest: 'fresh', totals: 'fresh', report: 'ran' })
  expect(reasons['totals']).toEqual(['held'])
  expect((await rig.sluice('query', 'SELECT count(*) AS n FROM gold.report', '--json')).out).toBe('{"n":2}\n')
})

test('plan, explain, tables, show, log and a run with nothing to do say that it is held', async () => {
  const said = ['plan', 'run', 'tables', 'explain totals', 'show silver.totals', 'explain silver.totals']
  for (const command of said) {
    const { code, out } = await rig.sluice(...command.split(' '))
    expect([command, code, out.includes('held')]).toEqual([command, 0, true])
  }
  expect((await rig.sluice('log', 'silver.totals')).out).toMatch(/restore +silver\.totals@3 = @1/)
  expect(JSON.parse((await rig.sluice('tables', '--json')).out)).toMatchObject([{}, {}, { held: true }])
})

test('inputs that change do not end it', async () => {
  await rig.write({ 'data/third.csv': 'id,region,amount,note\n10,west,2.00,x\n' })
  const { outcomes } = await rig.run()
  expect(outcomes).toEqual({ ingest: 'ran', totals: 'fresh', report: 'fresh' })
  expect((await rig.sluice('plan')).out).toContain('inputs have changed: sales')
})

test('after a release the next run judges as usual', async () => {
  expect((await rig.sluice('release', 'silver.totals')).out).toContain('Released silver.totals')
  const { outcomes, reasons } = await rig.run()
  expect(outcomes).toEqual({ ingest: 'fresh', totals: 'ran', report: 'ran' })
  expect(reasons['totals']).toEqual(['input-changed', 'output-changed'])
  expect((await rig.sluice('log')).out).toMatch(/release +silver\.totals/)
})

test('a change of the code ends it, and so does --force', async () => {
  await rig.sluice('restore', 'silver.totals@1')
  expect((await rig.run()).outcomes['totals']).toBe('fresh')
  await rig.edit('notebooks/silver/totals.ts', 'amount >=', 'amount >')
  const edited = await rig.run()
  expect(edited.outcomes['totals']).toBe('ran')
  expect(edited.reasons['totals']).toEqual(['code-changed', 'output-changed'])
  await rig.sluice('restore', 'silver.totals@1')
  expect((await rig.run('--force', '--select', 'totals')).outcomes['totals']).toBe('ran')
  expect((await rig.sluice('tables')).out).not.toContain('held')
})
