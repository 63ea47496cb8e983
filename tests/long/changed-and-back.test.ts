import { rm } from 'node:fs/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { Rig } from '../run/rig.ts'

/** Waits are in a package, because own code that reads files would be untracked, and loaded anew in each run. */
const waiting = {
  'node_modules/waits/package.json': '{"name":"waits","version":"1.0.0","type":"module","main":"i.js"}',
  'node_modules/waits/i.js': `import { existsSync, writeFileSync } from 'node:fs'
export const reach = (file) => writeFileSync(file, '')
export const until = async (file) => {
  while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 20))
}
export const hold = (file) => { while (!existsSync(file)); }
`,
}
const heading = `import { notebook, source, sql, t, table } from 'sluice'
import { hold, reach, until } from 'waits'
`
const first = `${heading}
export const files = source.csv('data/in.csv', { columns: { n: t.integer() } })
export const first = table('a.first', { n: t.integer() })
export default notebook({
  inputs: { files },
  outputs: { first },
  async run({ inputs, outputs }) {
    reach('begun')
    await until('go on')
    for await (const row of inputs.files.rows()) await outputs.first.insert(row)
    reach('read')
    await until('end')
  },
})
`
const second = (body: string) => `${heading}import { first } from './first.ts'
export const second = table('a.second', { n: t.integer() })
export default notebook({ inputs: { first }, outputs: { second }, ${body} })
`
const flow = (steps: string, imports = '') => `import { flow } from 'sluice'
import first, { files } from '../notebooks/first.ts'
${imports}
export default flow('main').source(files).step(first)${steps}
`

let rig: Rig | undefined
afterEach(() => rig?.close())

describe('what changes and is put back while it is read', () => {
  it('is read again: a source', async () => {
    const project = (rig = await Rig.open({
      ...waiting,
      'data/in.csv': 'n\n1\n',
      'notebooks/first.ts': first,
      'flows/main.ts': flow(''),
    }))
    const running = project.run()
    await project.until('begun')
    await project.write({ 'data/in.csv': 'n\n2\n', 'go on': '' })
    await project.until('read')
    await project.write({ 'data/in.csv': 'n\n1\n', end: '' })
    const ended = await running
    expect(ended.outcomes, ended.out).toEqual({ first: 'ran' })
    expect(await project.query('SELECT n FROM a.first')).toEqual([{ n: 1 }])
  })

  it.each([
    [
      'run',
      `async run({ inputs, outputs }) {
        for await (const { n } of inputs.first.rows()) await outputs.second.insert({ n: n * 0 + 1 })
        reach('loaded')
        await until('all')
      }`,
    ],
    [
      'select',
      `select: { second: ({ first }) => {
        reach('loaded')
        hold('all')
        return sql\`SELECT n * 0 + 1 AS n FROM \${first} AS f\`
      } }`,
    ],
  ])('is loaded again: the code of a %s notebook', async (_, body) => {
    const good = second(body)
    const project = (rig = await Rig.open({
      ...waiting,
      'go on': '',
      end: '',
      all: '',
      'data/in.csv': 'n\n1\n',
      'notebooks/first.ts': first,
      'notebooks/second.ts': good,
      'flows/main.ts': flow('.step(second)', `import second from '../notebooks/second.ts'`),
    }))
    const before = await project.run()
    expect(before.code, before.out + before.err).toBe(0)
    for (const file of ['go on', 'all', 'begun', 'loaded']) await rm(project.path(file))
    await project.write({ 'data/in.csv': 'n\n7\n' })
    // Its declarations are kept: the second notebook is loaded when its turn comes.
    const running = project.run()
    await project.until('begun')
    await project.write({ 'notebooks/second.ts': good.replace('* 0 + 1', '* 0 + 2'), 'go on': '' })
    await project.until('loaded')
    await project.write({ 'notebooks/second.ts': good, all: '' })
    const ended = await running
    expect(ended.outcomes, ended.out).toEqual({ first: 'ran', second: 'ran' })
    expect(await project.query('SELECT n FROM a.second')).toEqual([{ n: 1 }])
  })
})
