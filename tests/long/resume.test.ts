import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { Rig, type Ended } from '../run/rig.ts'

const notebookOf = (name: string, above: string | undefined, more = '') => `
import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { notebook, t, table } from 'sluice'
${above === undefined ? '' : `import { out as ${above} } from './${above}.ts'`}
export const out = table('a.${name}', { n: t.integer() })
export default notebook({
  ${above === undefined ? '' : `inputs: { ${above} },`}
  outputs: { out },
  ${more === '' ? "expires: '1h'," : more}
  args: z.object({ most: z.number().default(1) }),
  async run({ outputs, args }) {
    appendFileSync('log', '${name} ')
    if ('${name}' === 'two' && !existsSync('go')) {
      writeFileSync('begun', '')
      await wait(1e8)
    }
    await outputs.out.insert({ n: args.most })
  },
})
`

/** What a run tells of a table that it wrote. */
interface Written {
  readonly table: string
  readonly version: string
}

let rig: Rig | undefined
afterEach(() => rig?.close())

/** Three steps in a row; the second waits for a file called go. */
async function threeSteps(first = '', publish = ''): Promise<Rig> {
  return (rig = await Rig.open({
    'notebooks/one.ts': notebookOf('one', undefined, first),
    'notebooks/two.ts': notebookOf('two', 'one'),
    'notebooks/three.ts': notebookOf('three', 'two'),
    'flows/main.ts': `import { flow } from 'sluice'
import one from '../notebooks/one.ts'
import two from '../notebooks/two.ts'
import three from '../notebooks/three.ts'
export default flow('main'${publish}).step(one).step(two).step(three)
`,
    log: '',
  }))
}

/** Begins a run, and ends it in the midst of its second step. */
async function brokenOff(at: Rig, signal: NodeJS.Signals, ...words: string[]): Promise<void> {
  const child = at.start(['run', ...words])
  await at.until('begun')
  child.kill(signal)
  await once(child, 'exit')
  await at.write({ go: '' })
}

/** Steps that were begun again though they were done; and whether all came to an end. */
async function violations(at: Rig, ended: Ended, want = 'one two two three'): Promise<string[]> {
  const log = (await at.read('log')).trim()
  return [...(ended.code === 0 ? [] : [`exit ${ended.code}: ${ended.err}`]), ...(log === want ? [] : [log])]
}

describe('sluice resume', () => {
  it.each(['SIGINT', 'SIGKILL'] as const)(
    'after %s: goes on with the same args and targets, and runs nothing again that was forced and is done',
    async (signal) => {
      const at = await threeSteps()
      expect((await at.with({}, 'run', '--select', 'one')).code).toBe(0)
      await at.write({ log: '' })
      await brokenOff(at, signal, '--force', '--arg', 'most=7')
      const ended = await at.sluice('resume', '--json')
      expect(await violations(at, ended)).toEqual([])
      expect(ended.lines[0]?.['message']).toMatch(/^continues run \w{26}, which .*: one is done$/)
      expect(ended.lines.find(({ event }) => event === 'run-started')?.['resumes']).toBeDefined()
      expect(await at.query('SELECT n FROM a.three')).toEqual([{ n: 7 }])
      const again = await at.sluice('resume')
      expect([again.code, again.err]).toEqual([0, 'Nothing to resume: every run has finished.\n'])
    },
  )

  it('a run that is forced again does run them again: the same test finds it', async () => {
    const at = await threeSteps()
    await brokenOff(at, 'SIGKILL', '--force')
    expect(await violations(at, await at.sluice('run', '--force'))).toEqual(['one two one two three'])
  })

  it('plain run goes on too', async () => {
    const at = await threeSteps()
    await brokenOff(at, 'SIGKILL')
    expect(await violations(at, await at.sluice('run'))).toEqual([])
  })

  it('does not run a volatile step again that the run has finished', async () => {
    const at = await threeSteps('volatile: true,')
    await brokenOff(at, 'SIGKILL')
    expect(await violations(at, await at.sluice('resume'))).toEqual([])
  })

  it('runs a step again whose code has changed since', async () => {
    const at = await threeSteps()
    await brokenOff(at, 'SIGKILL')
    await at.edit('notebooks/one.ts', 'n: args.most', 'n: args.most + 1')
    expect(await violations(at, await at.sluice('resume'), 'one two one two three')).toEqual([])
  })

  it.each([[], ['--force']])(
    'a flow that publishes as a whole goes on with what was computed %s',
    async (...words) => {
      const at = await threeSteps('', ", { publish: 'run' }")
      await brokenOff(at, 'SIGKILL', ...words)
      expect(await violations(at, await at.sluice('resume'))).toEqual([])
      expect(await at.query('SELECT n FROM a.three')).toEqual([{ n: 1 }])
    },
  )

  it('continues a run that was continued, and one that failed', async () => {
    const at = await threeSteps()
    await at.edit(
      'notebooks/three.ts',
      "appendFileSync('log'",
      "if (!existsSync('mended')) throw new Error('no')\n    appendFileSync('log'",
    )
    await brokenOff(at, 'SIGKILL', '--force')
    expect((await at.sluice('resume')).code).toBe(1)
    await at.write({ mended: '' })
    expect(await violations(at, await at.sluice('resume'))).toEqual([])
  })

  it('continues the run of one notebook', async () => {
    const at = await threeSteps()
    await at.write({ go: '' })
    expect((await at.run()).code).toBe(0)
    await at.remove('go')
    await at.write({ log: '' })
    await brokenOff(at, 'SIGKILL', 'two', '--arg', 'most=3', '--force')
    const ended = await at.sluice('resume')
    expect(await violations(at, ended, 'two two')).toEqual([])
    expect(await at.query('SELECT n FROM a.two')).toEqual([{ n: 3 }])
  })

  it('refuses a run that is under way, and names the nearest for one that is not known', async () => {
    const at = await threeSteps()
    const child = at.start(['run'])
    await at.until('begun')
    const alive = await at.sluice('resume')
    expect([alive.code, alive.err]).toEqual([2, expect.stringContaining(`process ${child.pid} on `)])
    await at.write({ go: '' })
    child.kill('SIGKILL')
    await once(child, 'exit')
    const unknown = await at.sluice('resume', 'zzz')
    expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining("there is no run 'zzz'")])
    expect((await at.sluice('resume')).code).toBe(0)
    const [last] = (await at.sluice('runs', '--json')).lines
    const finished = await at.sluice('resume', String(last?.['run']))
    expect([finished.code, finished.err]).toEqual([
      0,
      `Nothing to resume: run ${String(last?.['run'])} has finished.\n`,
    ])
  })
})

describe('two runs at once on one lake', () => {
  /** Two runs of one flow at once. With `together` each step waits until it runs in both of them. */
  async function twoRuns(
    words: readonly (readonly string[])[],
    { together = false } = {},
  ): Promise<readonly Ended[]> {
    const at = await threeSteps()
    await at.write({ go: '' })
    for (const name of together ? ['one', 'two', 'three'] : []) {
      await at.edit(`notebooks/${name}.ts`, 'appendFileSync, ', 'appendFileSync, readdirSync, ')
      await at.edit(
        `notebooks/${name}.ts`,
        'await outputs.out.insert',
        `writeFileSync('${name}-' + process.pid, '')
    while (readdirSync('.').filter((file) => file.startsWith('${name}-')).length < 2) await wait(10)
    await outputs.out.insert`,
      )
    }
    return Promise.all(words.map((each) => at.sluice('run', '--json', ...each)))
  }

  /** What is wrong with what runs have published: each step once, and by what both say. */
  async function published(at: Rig): Promise<string[]> {
    const { lines } = await at.sluice('log', '--json')
    const steps = lines.flatMap((line) => (line['kind'] === 'publish' ? [String(line.step)] : []))
    return ['one', 'two', 'three'].flatMap((step) => {
      const count = steps.filter((each) => each === step).length
      return count === 1 ? [] : [`${step} was published ${count} times`]
    })
  }

  it('both run each step, both end well, and each step is published once', async () => {
    const both = await twoRuns([['--no-cache'], ['--no-cache']], { together: true })
    expect(
      both.map(({ code }) => code),
      both.map(({ out, err }) => out + err).join('\n'),
    ).toEqual([0, 0])
    const at = rig as Rig
    // Each step had begun in both runs before it ended in one.
    expect((await at.read('log')).trim().split(' ').toSorted()).toEqual([
      'one',
      'one',
      'three',
      'three',
      'two',
      'two',
    ])
    expect(await published(at)).toEqual([])
    // Who lost has taken over the versions of the other.
    const [first, second] = both.map(({ lines }) =>
      lines.flatMap(({ event, tables }) =>
        event === 'step-finished' ? (tables as Written[]).map((each) => `${each.table} ${each.version}`) : [],
      ),
    )
    expect(first).toHaveLength(3)
    expect(second).toEqual(first)
    expect((await at.run()).outcomes).toEqual({ one: 'fresh', two: 'fresh', three: 'fresh' })
    expect((await at.sluice('verify')).code).toBe(0)
  })

  it('with other args both end well, and the lake holds what one of them computed, whole', async () => {
    const both = await twoRuns([
      ['--arg', 'most=2'],
      ['--arg', 'most=3'],
    ])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    const at = rig as Rig
    // More than once each: what the test above would tell of runs that do not know each other.
    expect(await published(at)).not.toEqual([])
    const last = await at.query('SELECT n FROM a.three')
    expect([[{ n: 2 }], [{ n: 3 }]]).toContainEqual(last)
    expect((await at.sluice('verify')).code).toBe(0)
  })
})
