import { rm } from 'node:fs/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { Rig } from '../run/rig.ts'
import { smallFlow } from '../run/small-flow.ts'

let rig: Rig | undefined
afterEach(() => rig?.close())

const heading = `import { notebook, source, sql, t, table } from 'sluice'\n`

describe('a record says what the rows were computed from', () => {
  it('when what is upstream is stale and was not selected', async () => {
    const project = (rig = await Rig.open(smallFlow))
    await project.run()
    await project.edit('data/sales.csv', '10.50', '99.50')
    await project.edit('notebooks/silver/totals.ts', 'sum(amount)', 'max(amount)')
    expect((await project.run('--select', 'totals')).outcomes).toEqual({ totals: 'ran' })
    const max = "SELECT total FROM silver.totals WHERE region = 'NORTH'"
    expect(await project.query(max)).toEqual([{ total: '10.50' }])
    expect((await project.run()).outcomes).toEqual({ ingest: 'ran', totals: 'ran', report: 'ran' })
    expect(await project.query(max)).toEqual([{ total: '99.50' }])
  })

  it('when files of an optional source appear and disappear', async () => {
    const project = (rig = await Rig.open({
      'notebooks/x.ts': `${heading}
export const files = source.csv('data/*.csv', { columns: { n: t.integer() } })
export const out = table('a.x', { n: t.bigint() })
export default notebook({
  inputs: { files: files.optional() },
  outputs: { out },
  select: { out: ({ files }) => sql\`SELECT count(*) AS n FROM \${files} AS f\` },
})
`,
      'flows/main.ts': `import { flow } from 'sluice'
import x, { files } from '../notebooks/x.ts'
export default flow('main').source(files.optional()).step(x)
`,
    }))
    const count = async () => (await project.query('SELECT n FROM a.x'))[0]?.['n']
    expect((await project.run()).outcomes).toEqual({ x: 'ran' })
    expect(await count()).toBe(0)
    await project.write({ 'data/in.csv': 'n\n1\n' })
    expect((await project.run()).outcomes).toEqual({ x: 'ran' })
    expect(await count()).toBe(1)
    await rm(project.path('data/in.csv'))
    expect((await project.run()).outcomes).toEqual({ x: 'reused' })
    expect(await count()).toBe(0)
  })

  it('in two flows that share notebooks, with a variable and without the lake', async () => {
    const flow = (name: string) => `import { flow } from 'sluice'
import x from '../notebooks/x.ts'
import told from '../notebooks/told.ts'
export default flow('${name}').step(x).step(told)
`
    const project = (rig = await Rig.open({
      'shared/mark.ts': `export const mark = () => '!'\n`,
      'notebooks/x.ts': `${heading}import { z } from 'zod'
import { mark } from '../shared/mark.ts'
export const out = table('a.x', { n: t.varchar() })
export default notebook({
  outputs: { out },
  env: z.object({ WHO: z.string().default('nobody') }),
  select: { out: (_, __, { env }) => sql\`SELECT \${env.WHO + mark()}::VARCHAR AS n\` },
})
`,
      'notebooks/told.ts': `${heading}import { out as x } from './x.ts'
export default notebook({
  inputs: { x },
  async run({ inputs }) {
    for await (const { n } of inputs.x.rows()) return n
  },
})
`,
      'flows/one.ts': flow('one'),
      'flows/two.ts': flow('two'),
    }))
    const run = async (WHO: string | undefined, name: string) => {
      const { code, lines, out, err } = await project.with({ WHO }, 'run', '--json', name)
      expect(code, out + err).toBe(0)
      return lines.flatMap(({ outcome, result }) => [outcome ?? [], (result ?? []) as string].flat())
    }
    expect(await run(undefined, 'one')).toEqual(['ran', 'ran', 'nobody!'])
    expect(await run(undefined, 'two')).toEqual(['fresh', 'ran', 'nobody!'])
    expect(await run('me', 'one')).toEqual(['ran', 'ran', 'me!'])
    expect(await run('me', 'two')).toEqual(['fresh', 'ran', 'me!'])
    expect(await run(undefined, 'two')).toEqual(['reused', 'ran', 'nobody!'])
    await project.edit('shared/mark.ts', '!', '?')
    expect(await run(undefined, 'one')).toEqual(['ran', 'ran', 'nobody?'])
    expect(await run(undefined, 'two')).toEqual(['fresh', 'ran', 'nobody?'])
    await rm(project.path('storage/lake'), { recursive: true })
    expect(await run(undefined, 'two')).toEqual(['ran', 'ran', 'nobody?'])
  }, 60_000)
})
