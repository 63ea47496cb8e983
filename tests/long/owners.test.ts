import { afterEach, describe, expect, it } from 'vitest'
import { Rig } from '../run/rig.ts'

let rig: Rig | undefined
afterEach(() => rig?.close())

const notebook = `import { notebook, sql, t, table } from 'sluice'
import { z } from 'zod'
export const out = table('a.x', { n: t.integer() })
export default notebook({
  outputs: { out },
  args: z.object({ k: z.number().default(1) }),
  select: { out: (_, { k }) => sql\`SELECT \${k}::INTEGER AS n\` },
})
`
const flow = (name: string) => `import { flow } from 'sluice'
import x from '../notebooks/x.ts'
export default flow('${name}').step(x)
`

describe('two flows that make a table in different ways', () => {
  it('are refused each time, until one gives way', async () => {
    const project = (rig = await Rig.open({
      'notebooks/x.ts': notebook,
      'flows/one.ts': flow('one'),
      'flows/two.ts': flow('two'),
    }))
    expect((await project.run()).outcomes).toEqual({ x: 'fresh' })
    await project.edit('flows/two.ts', '.step(x)', '.step(x, { args: { k: 2 } })')
    for (const args of [['two'], ['two'], []]) {
      const ended = await project.run(...args)
      expect(ended.code, ended.out).toBe(2)
      expect(ended.out).toContain('"flow/owner"')
    }
    expect((await project.run('one')).code).toBe(0)
    await project.edit('flows/two.ts', ', { args: { k: 2 } }', '')
    expect((await project.run()).code).toBe(0)
  })
})

describe('a storage whose folder the environment names', () => {
  it('is opened where the variable says now', async () => {
    const project = (rig = await Rig.open({
      'notebooks/x.ts': notebook,
      'flows/one.ts': flow('one'),
      'storage/local.yaml': 'kind: local\nroot: ${env:LAKE}\n',
    }))
    for (const LAKE of ['first', 'first', 'second']) {
      const ended = await project.with({ LAKE }, 'run', '--json')
      expect(ended.code, ended.out).toBe(0)
      expect(await project.files(LAKE)).toContain('sluice.json')
    }
    expect((await project.run()).out).toContain('LAKE')
  })
})
