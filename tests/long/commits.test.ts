import { afterEach, describe, expect, it } from 'vitest'
import { openLake } from '../../src/lake/lake.ts'
import { localStorage } from '../../src/storage/local.ts'
import { Rig } from '../run/rig.ts'
import { smallFlow } from '../run/small-flow.ts'

let rig: Rig | undefined
afterEach(() => rig?.close())

async function seqs(project: Rig): Promise<Record<string, number>> {
  const tables = JSON.parse((await project.sluice('tables', '--json')).out) as { name: string; seq: number }[]
  return Object.fromEntries(tables.map(({ name, seq }) => [name, seq]))
}

describe('a commit that loses the race to another', () => {
  it('is made after it, also when the record that it replaces has the same fingerprint', async () => {
    const volatile = (name: string) => `import { notebook, sql, t, table } from 'sluice'
export const out = table('a.${name}', { n: t.double() })
export default notebook({ outputs: { out }, volatile: true, select: { out: () => sql\`SELECT random() AS n\` } })
`
    const project = (rig = await Rig.open({
      'notebooks/x.ts': volatile('x'),
      'notebooks/y.ts': volatile('y'),
      'flows/main.ts': `import { flow } from 'sluice'
import x from '../notebooks/x.ts'
import y from '../notebooks/y.ts'
export default flow('main').step(x).step(y)
`,
    }))
    for (let run = 1; run <= 3; run++) {
      const ended = await project.run('--concurrency', '2')
      expect(ended.outcomes, ended.out).toEqual({ x: 'ran', y: 'ran' })
      expect(await seqs(project)).toEqual({ 'a.x': run, 'a.y': run })
    }
  })

  it('of a whole run is judged anew, and takes over what another run published', async () => {
    const project = (rig = await Rig.open(smallFlow))
    await project.edit('flows/sales.ts', "flow('sales')", "flow('sales', { publish: 'run' })")
    const both = await Promise.all([project.run('--no-cache'), project.run('--no-cache')])
    const told = both.map(({ out, err }) => out + err).join('\n')
    expect(
      both.map(({ code }) => code),
      told,
    ).toEqual([0, 0])
    expect(await seqs(project)).toEqual({ 'bronze.sales': 1, 'gold.report': 1, 'silver.totals': 1 })
    expect((await project.run()).outcomes).toEqual({ ingest: 'fresh', totals: 'fresh', report: 'fresh' })
  })
})

describe('the shared cache', () => {
  it('is not believed about a time in the future', async () => {
    const project = (rig = await Rig.open({
      'notebooks/x.ts': `import { notebook, sql, t, table } from 'sluice'
export const out = table('a.x', { n: t.timestamp() })
export default notebook({ outputs: { out }, expires: '1h', select: { out: () => sql\`SELECT now()::TIMESTAMP AS n\` } })
`,
      'flows/main.ts': `import { flow } from 'sluice'
import x from '../notebooks/x.ts'
export default flow('main').step(x)
`,
    }))
    const first = await project.run()
    expect(first.outcomes, first.out).toEqual({ x: 'ran' })
    const lake = await openLake(localStorage(project.path('storage/lake')))
    const fingerprint = (await lake.env('dev').state()).heads.get('a.x')?.fingerprint ?? ''
    const { entry } = await lake.steps.get(fingerprint)
    if (!entry) throw new Error('nothing was cached')
    const future = new Date(Date.now() + 7_200_000).toISOString()
    await lake.steps.put({ ...entry, computedAt: future }, { replace: true })
    await lake.close()
    expect((await project.run('--env', 'mine')).outcomes).toEqual({ x: 'ran' })
    expect((await project.run('--env', 'third')).outcomes).toEqual({ x: 'reused' })
  })
})
