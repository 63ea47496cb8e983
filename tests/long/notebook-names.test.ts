import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Rig } from '../run/rig.ts'

const notebook = (table: string) => `import { notebook, sql, t, table } from 'sluice'
import { z } from 'zod'
export const out = table('${table}', { n: t.integer() })
export default notebook({
  args: z.object({ n: z.number().default(1).describe('how many for ${table}') }),
  outputs: { out },
  select: { out: (_, { n }) => sql\`SELECT CAST(\${n} AS INTEGER) AS n\` },
})
`

/** A flow with a step that is called otherwise, two notebooks of one file name, and one in no flow. */
const files = {
  'notebooks/silver/sales.ts': notebook('silver.sales'),
  'notebooks/a/clean.ts': notebook('a.clean'),
  'notebooks/b/clean.ts': notebook('b.clean'),
  'notebooks/deep/down/lonely.ts': notebook('deep.lonely'),
  'flows/main.ts': `import { flow } from 'sluice'
import sales from '../notebooks/silver/sales.ts'
import a from '../notebooks/a/clean.ts'
import b from '../notebooks/b/clean.ts'
export default flow('main').step(sales, { name: 'sold', args: { n: 7 } }).step(a).step(b, { name: 'b_clean' })
`,
}

let rig: Rig
beforeAll(async () => {
  rig = await Rig.open(files)
})
afterAll(() => rig.close())

describe('a notebook may be named by the end of its name', () => {
  it.each([
    ['sales', 'silver.sales', '7'],
    ['sold', 'silver.sales', '7'],
    ['silver/sales', 'silver.sales', '7'],
    ['lonely', 'deep.lonely', '1'],
    ['down/lonely', 'deep.lonely', '1'],
    // The name of a step comes first.
    ['clean', 'a.clean', '1'],
    ['b/clean', 'b.clean', '1'],
  ])('%s', async (name, table, n) => {
    const ended = await rig.sluice('run', name, '--force')
    expect(ended.code, ended.err).toBe(0)
    expect(ended.out).toContain(`${table} (1 row)\nn\n${n}\n`)
    const help = await rig.sluice('run', '--help', name)
    expect(help.out).toContain(`how many for ${table}`)
  })

  it('is asked for more where several end so', async () => {
    await rig.write({ 'notebooks/c/lonely.ts': notebook('c.lonely') })
    for (const words of [
      ['run', 'lonely'],
      ['run', 'lonely', '--help'],
    ]) {
      const { code, err } = await rig.sluice(...words)
      expect([code, err]).toEqual([
        2,
        "2 notebooks are called 'lonely' [project/unknown]\n  hint: name one of them: c/lonely, deep/down/lonely\n",
      ])
    }
    await rig.remove('notebooks/c/lonely.ts')
  })

  it.each(['nely', 'lonely.ts', 'down'])('is not found by %s', async (name) => {
    const { code, err } = await rig.sluice('run', name)
    expect([code, /there is no (notebook|flow)/.test(err)]).toEqual([2, true])
  })
})
