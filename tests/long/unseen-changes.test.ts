import { rm, symlink, unlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Rig } from '../run/rig.ts'

const head = `import { notebook, sql, t, table } from 'sluice'\n`
const one = (name: string, select: string, before = '', options = '{}') => `${head}${before}
export const out = table('a.${name}', { n: t.varchar() }, ${options})
export default notebook({ outputs: { out }, select: { out: () => sql\`SELECT \${${select}}::VARCHAR AS n\` } })
`
const swapped = (first: string, second: string) => `${head}
export const one = table('a.one', { n: t.integer() })
export const two = table('a.two', { n: t.integer() })
export default notebook({
  outputs: { a: ${first}, b: ${second} },
  select: { a: () => sql\`SELECT 1 AS n\`, b: () => sql\`SELECT 2 AS n\` },
})
`
const chain = (settings: string) => `import { flow } from 'sluice'
import packaged from '../notebooks/packaged.ts'
import linked from '../notebooks/linked.ts'
import described from '../notebooks/described.ts'
import pair from '../notebooks/pair.ts'
export default flow('main').step(packaged).step(linked).step(described).step(pair, ${settings})
`
const store = (version: string) => ({
  [`store/${version}/node_modules/pkg/package.json`]: `{"name":"pkg","version":"${version}","type":"module","main":"i.js"}`,
  [`store/${version}/node_modules/pkg/i.js`]: `export const x = '${version}'\n`,
})

let rig: Rig

async function point(link: string, to: string): Promise<void> {
  await unlink(rig.path(link)).catch(() => undefined)
  await symlink(rig.path(to), rig.path(link), 'junction')
}

beforeAll(async () => {
  rig = await Rig.open({
    ...store('1.0.0'),
    ...store('2.0.0'),
    'lib1/x.ts': `export const x = 'one'\n`,
    'lib2/x.ts': `export const x = 'two'\n`,
    'notebooks/packaged.ts': one('packaged', 'x', `import { x } from 'pkg'`),
    'notebooks/linked.ts': one('linked', 'x', `import { x } from '../shared/x.ts'`),
    'notebooks/described.ts': one(
      'described',
      `(out.options.description ?? '')`,
      '',
      `{ description: 'first' }`,
    ),
    'notebooks/pair.ts': swapped('one', 'two'),
    'notebooks/named.mts': one('named', `'mts'`),
    'flows/main.ts': chain('{}'),
    'flows/words.yaml': 'flow: words\nsteps:\n  - notebook: named\n',
  })
  await point('node_modules/pkg', 'store/1.0.0/node_modules/pkg')
  await point('shared', 'lib1')
  const first = await rig.run()
  expect(first.code, first.out + first.err).toBe(0)
}, 60_000)
afterAll(() => rig.close())

const turned: readonly [string, () => Promise<void>, () => Promise<void>, string, string][] = [
  [
    'a package whose link leads to another version',
    () => point('node_modules/pkg', 'store/2.0.0/node_modules/pkg'),
    () => point('node_modules/pkg', 'store/1.0.0/node_modules/pkg'),
    'packaged',
    'code-changed',
  ],
  [
    'a nearer folder of packages',
    async () => {
      await rig.write({
        'notebooks/node_modules/pkg/package.json': `{"name":"pkg","version":"3.0.0","type":"module","main":"i.js"}`,
        'notebooks/node_modules/pkg/i.js': `export const x = '3'\n`,
      })
    },
    () => rm(rig.path('notebooks/node_modules'), { recursive: true }),
    'packaged',
    'code-changed',
  ],
  [
    'a folder whose link leads elsewhere',
    () => point('shared', 'lib2'),
    () => point('shared', 'lib1'),
    'linked',
    'code-changed',
  ],
  [
    'a description that the code reads',
    () => rig.edit('notebooks/described.ts', 'first', 'other'),
    () => rig.edit('notebooks/described.ts', 'other', 'first'),
    'described',
    'contract-changed',
  ],
  [
    'outputs of a notebook that changed places',
    () => rig.write({ 'notebooks/pair.ts': swapped('two', 'one') }),
    () => rig.write({ 'notebooks/pair.ts': swapped('one', 'two') }),
    'pair',
    'contract-changed',
  ],
  [
    'outputs that a flow binds the other way round',
    () => rig.write({ 'flows/main.ts': chain(`{ outputs: { a: 'a.two', b: 'a.one' } }`) }),
    () => rig.write({ 'flows/main.ts': chain('{}') }),
    'pair',
    'contract-changed',
  ],
  [
    'a notebook that comes before the one that a YAML flow found',
    () => rig.write({ 'notebooks/named.ts': one('named', `'ts'`) }),
    () => rm(rig.path('notebooks/named.ts')),
    'named',
    'code-changed',
  ],
]

describe('what the stat of no known file tells', () => {
  it.each(turned)('sees %s', async (_, change, back, step, reason) => {
    // Kept declarations are there and hold.
    expect(Object.values((await rig.plan()).outcomes)).toEqual(Array(5).fill('fresh'))
    await change()
    const { reasons, out } = await rig.plan()
    await back()
    expect([...new Set(reasons[step])], out).toEqual([reason])
    expect((await rig.plan()).outcomes[step]).toBe('fresh')
  })

  it.each([
    ['gone', (file: string) => rm(file), 'output-missing'],
    ['damaged', (file: string) => writeFile(file, '{}'), 'output-changed'],
  ])('sees a manifest that is %s, and the run makes a good one', async (_, harm, reason) => {
    const [file = ''] = (await rig.sluice('path', 'a.linked')).out.split('\n')
    await harm(path.join(path.dirname(file), 'manifest.json'))
    await rm(rig.path('.sluice'), { recursive: true })
    expect((await rig.plan()).reasons['linked']).toEqual([reason])
    expect((await rig.run()).outcomes['linked']).toBe('ran')
    expect(await rig.query('SELECT n FROM a.linked')).toEqual([{ n: 'one' }])
  })
})
