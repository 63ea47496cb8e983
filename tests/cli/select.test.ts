import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Rig } from '../run/rig.ts'

const notebook = (table: string) => `import { notebook, sql, t, table } from 'sluice'
export const out = table('${table}', { n: t.integer() })
export default notebook({ outputs: { out }, select: { out: () => sql\`SELECT 1 AS n\` } })
`
const flowOf = (name: string, file: string) =>
  `import { flow } from 'sluice'\nimport step from '../notebooks/${file}.ts'\nexport default flow('${name}').step(step)\n`

let rig: Rig
beforeAll(async () => {
  rig = await Rig.open({
    'notebooks/a/one.ts': notebook('a.one'),
    'notebooks/b/two.ts': notebook('b.two'),
    'flows/first.ts': flowOf('first', 'a/one'),
    'flows/second.ts': flowOf('second', 'b/two'),
  })
})
afterAll(() => rig.close())

describe('among the steps of several flows', () => {
  it.each([
    [['--select', 'two'], ['two']],
    [['--select', 'b.two'], ['two']],
    [['--from', 'one'], ['one']],
    [
      ['--select', 'two', '--from', 'one'],
      ['one', 'two'],
    ],
    [['two'], ['two']],
    [['notebooks/a/one.ts'], ['one']],
    [['flows/second.ts'], ['two']],
  ])('plan and run take %j for %j', async (words, steps) => {
    const plan = await rig.plan(...words)
    expect(Object.keys(plan.outcomes), plan.out + plan.err).toEqual(steps)
    const run = await rig.run('--force', ...words)
    expect([run.code, Object.keys(run.outcomes).toSorted()]).toEqual([0, steps])
  })

  it.each([
    [
      '--select',
      'three',
      ["'three' selects no step of flow 'first'", "'three' selects no step of flow 'second'"],
    ],
    [
      '--from',
      'three',
      ["'three+' selects no step of flow 'first'", "'three+' selects no step of flow 'second'"],
    ],
  ])('%s %s is refused by all', async (option, name, messages) => {
    for (const command of ['plan', 'run']) {
      const { code, lines } = await rig.sluice(command, '--select', 'one', option, name, '--json')
      const told = lines.map((line) => (line['problem'] as { message: string }).message)
      expect([code, told]).toEqual([2, messages])
    }
  })

  it('a notebook among flows is refused, with the way to select it', async () => {
    const { code, err } = await rig.sluice('run', 'first', 'b/two')
    expect([code, err]).toEqual([
      2,
      "there is no flow 'b/two' [project/unknown]\n  hint: it is a notebook: say --select b/two\n",
    ])
  })
})
