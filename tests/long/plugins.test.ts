import { afterEach, describe, expect, it } from 'vitest'
import { Rig } from '../run/rig.ts'
import { smallFlow } from '../run/small-flow.ts'

let rig: Rig | undefined
afterEach(() => rig?.close())

const watcher = `import { appendFileSync } from 'node:fs'
export default {
  name: 'watcher',
  onEvent(event) { appendFileSync('seen.txt', event.event + ' ' + (event.step ?? '') + ' ' + (event.outcome ?? '') + '\\n') },
  commands: { hello: { description: 'says hello', run: ({ args }) => console.log('hello ' + args.join(' ')) } },
}
`

describe('plugins', () => {
  it('see every event of a run in order, and add commands', async () => {
    const project = (rig = await Rig.open({
      ...smallFlow,
      'plugins/watcher.ts': watcher,
      'sluice.yaml': 'plugins: [plugins/watcher.ts]\n',
    }))
    expect((await project.run()).code).toBe(0)
    const seen = (await project.read('seen.txt'))
      .trim()
      .split('\n')
      .map((line) => line.trim())
    expect(seen[0]).toBe('run-started')
    expect(seen).toContain('step-finished totals ran')
    expect(seen.at(-1)).toBe('run-finished')
    expect((await project.sluice('hello', 'you')).out).toBe('hello you\n')
  })

  it('of a flow are heard too', async () => {
    const project = (rig = await Rig.open({ ...smallFlow, 'plugins/watcher.ts': watcher }))
    await project.edit('flows/sales.ts', "flow('sales')", "flow('sales', { plugins: [watcher] })")
    await project.edit('flows/sales.ts', 'import ', "import watcher from '../plugins/watcher.ts'\nimport ")
    expect((await project.run()).code).toBe(0)
    expect(await project.read('seen.txt')).toContain('step-finished report ran')
  })

  it('that throw are told, and fail nothing', async () => {
    const throwing = `export default { name: 'grumpy', onEvent() { throw new Error('I am grumpy') } }\n`
    const project = (rig = await Rig.open({
      ...smallFlow,
      'plugins/grumpy.ts': throwing,
      'sluice.yaml': 'plugins: [plugins/grumpy.ts]\n',
    }))
    const ended = await project.run()
    expect(ended.code).toBe(0)
    expect(ended.outcomes).toEqual({ ingest: 'ran', totals: 'ran', report: 'ran' })
    expect(ended.lines.find(({ event }) => event === 'plugin-failed')).toMatchObject({
      plugin: 'grumpy',
      problem: { code: 'plugin/threw', message: expect.stringContaining('I am grumpy') },
    })
  })

  it.each([
    [
      'a reserved command',
      `export default { name: 'a', commands: { run: { description: 'x', run() {} } } }`,
      'plugin/clash',
      ['run'],
    ],
    ['a name twice', `export default [{ name: 'a' }, { name: 'a' }]`, 'plugin/clash', ['run']],
    ['no form of one', `export default { nome: 'a' }`, 'plugin/invalid', ['run']],
  ])('with %s are refused', async (_, text, code, args) => {
    const project = (rig = await Rig.open({
      ...smallFlow,
      'plugins/bad.ts': text,
      'sluice.yaml': 'plugins: [plugins/bad.ts]\n',
    }))
    const ended = await project.sluice(...args, '--json')
    expect(ended.code, ended.out + ended.err).toBe(2)
    expect(ended.out).toContain(code)
  })
})
