import { afterEach, describe, expect, it } from 'vitest'
import type { Problem } from '../../src/base/problem.ts'
import { Rig, type Ended } from './rig.ts'
import { smallFlow } from './small-flow.ts'

const ingest = 'notebooks/bronze/ingest.ts'
const totals = 'notebooks/silver/totals.ts'
const report = 'notebooks/gold/report.ts'

let rig: Rig
afterEach(() => rig.close())

const problemsOf = ({ lines }: Ended): Problem[] => lines.map((line) => line['problem'] as Problem)

describe('sluice check', () => {
  it('finds nothing in a project that is right, without its files and without making a lake', async () => {
    rig = await Rig.open(smallFlow)
    await rig.remove('data/sales.csv')
    const { code, out, err } = await rig.sluice('check')
    expect(out + err).toMatch(/^checked 3 steps of 1 flow, 2 queries: 0 problems in [\d.]+m?s\n$/)
    expect(code).toBe(0)
    expect(await rig.files('.')).not.toContain('storage')
  })

  it('tells the mistakes of several files at once', async () => {
    rig = await Rig.open(smallFlow)
    await rig.edit(ingest, 'SELECT * FROM', 'SELECT id, region, amout AS amount, note FROM')
    await rig.edit(totals, 'sum(amount)', 'sum(price)')
    await rig.edit('flows/sales.ts', 'least: 1', "least: 'one'")
    await rig.write({
      'flows/other.yaml': 'steps:\n  - notebok: silver/totals\n',
      'sluice.yaml': 'envv: dev\n',
    })
    const ended = await rig.sluice('check', '--json')
    const found = problemsOf(ended).map(({ code, where }) => [code, where?.file, where?.line])
    expect(found).toEqual(
      [
        ['notebook/args-invalid', 'flows/sales.ts', 6],
        ['flow/invalid', 'flows/other.yaml', 2],
        ['flow/invalid', 'flows/other.yaml', 2],
        ['query/bind', ingest, 17],
        ['query/bind', totals, 18],
        ['project/config-invalid', 'sluice.yaml', 1],
      ].toSorted((a, b) => String(a[1]).localeCompare(String(b[1]), 'en')),
    )
    expect(ended.code).toBe(2)
  })

  it('looks at the notebooks of a flow that cannot be loaded', async () => {
    rig = await Rig.open(smallFlow)
    await rig.edit(report, 'export const report', "throw new Error('not today')\nexport const report")
    await rig.edit(totals, 'sum(amount)', 'sum(price)')
    const found = problemsOf(await rig.sluice('check', '--json')).map(({ code, where }) => [
      code,
      where?.file,
    ])
    expect(found).toEqual([
      ['notebook/load', report],
      ['query/bind', totals],
    ])
  })
})
