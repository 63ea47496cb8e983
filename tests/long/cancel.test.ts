import { execFileSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { Hook } from '../crash/hooked.ts'
import { nightly } from '../crash/seeds.ts'
import { Rig } from '../run/rig.ts'

const hookFile = fileURLToPath(new URL('../crash/hook.mjs', import.meta.url))

/** How many cancellations at moments of chance: more with SLUICE_NIGHTLY=1. */
const moments = nightly ? 200 : 6

const heading = `import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { notebook, sql, t, table } from 'sluice'
const begun = () => writeFileSync('begun', '')
`
const endless =
  'SELECT max(a.range * b.range % 1000)::INTEGER AS n FROM range(10000000) AS a, range(100000) AS b'

const notebookOf = (name: string, body: string) => `${heading}
export const out = table('a.${name}', { n: t.integer() })
export default notebook({ outputs: { out }, expires: '1h', ${body} })
`

let rig: Rig | undefined
afterEach(() => rig?.close())

async function projectOf(notebooks: Readonly<Record<string, string>>, yaml = ''): Promise<Rig> {
  const names = Object.keys(notebooks)
  const files = names.map((name) => [`notebooks/${name}.ts`, notebookOf(name, notebooks[name] ?? '')])
  return (rig = await Rig.open({
    ...(Object.fromEntries(files) as Record<string, string>),
    'flows/main.ts': `import { flow } from 'sluice'
${names.map((name) => `import ${name} from '../notebooks/${name}.ts'`).join('\n')}
export default flow('main')${names.map((name) => `.step(${name})`).join('')}
`,
    'sluice.yaml': yaml,
  }))
}

/** What a run that has ended has left: staged files, and processes that work in its project. */
async function leftBy(at: Rig): Promise<string[]> {
  const staged = (await at.files('storage/lake')).filter((file) => /staging.*\//.test(file))
  return [...staged, ...processesIn(at.folder).map((pid) => `process ${commandOf(pid)}`)]
}

function processesIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && folderOf(pid) === folder)
}

/** The working folder of a process; undefined for one that has ended, and for a zombie. */
const folderOf = (pid: number): string | undefined => linkOf(`/proc/${pid}/cwd`)

function linkOf(file: string): string | undefined {
  try {
    return readlinkSync(file)
  } catch {
    return undefined
  }
}

/** What a process has computed, in seconds of a processor (proc(5): utime and stime, in hundredths). */
function secondsOf({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, 4).join(' ')
}

/** Waits until a text was printed. */
async function printed(child: ChildProcess, text: string): Promise<void> {
  let seen = ''
  await new Promise<void>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      seen += chunk.toString()
      if (seen.includes(text)) resolve()
    })
  })
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** Processes of a run that are gone a moment after it need that moment: the system ends them one by one. */
async function nothingLeft(at: Rig): Promise<void> {
  await until(() => processesIn(at.folder).length === 0)
  expect(await leftBy(at)).toEqual([])
}

const queries = 'select: { out: () => { begun(); return sql`' + endless + '` } }'
const code = (body: string) => `async run({ outputs }) { ${body}; await outputs.out.insert({ n: 1 }) }`

interface Moment {
  readonly notebooks: Readonly<Record<string, string>>
  readonly yaml?: string
  readonly flow?: string
  /** What is printed at that moment; else the file `begun` appears. */
  readonly says?: string
}

const cases: Readonly<Record<string, Moment>> = {
  'a query runs': { notebooks: { x: queries } },
  'code waits': { notebooks: { x: code('begun(); await wait(1e8)') } },
  'code loops': { notebooks: { x: code('begun(); for (;;);') } },
  'an engine starts': { notebooks: { x: queries }, says: 'step-started' },
  'a flow is loaded': {
    notebooks: { x: code('') },
    flow: "import { writeFileSync } from 'node:fs'\nwriteFileSync('begun', '')\nfor (;;);\n",
  },
  'a step pauses before its next try': {
    notebooks: {
      x: `retries: { times: 1, delay: '1h', maxDelay: '1h' }, async run() { throw new Error('no') }`,
    },
    says: 'step-retried',
  },
  'steps wait for a pool': {
    notebooks: {
      x: `pool: 'one', ${code('begun(); await wait(1e8)')}`,
      y: `pool: 'one', ${code('begun(); await wait(1e8)')}`,
    },
    yaml: 'pools: { one: 1 }\nconcurrency: 4\n',
  },
}

describe.skipIf(process.platform !== 'linux')('cancelling while', () => {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  it.each(Object.keys(cases).map((name, at) => [name, signals[at % 3] ?? 'SIGINT'] as const))(
    '%s, by %s, ends with 130 and leaves nothing',
    async (name, signal) => {
      const { notebooks, yaml, flow, says } = cases[name] as Moment
      const at = await projectOf(notebooks, yaml)
      if (flow !== undefined) await at.edit('flows/main.ts', 'import { flow }', `${flow}import { flow }`)
      const child = at.start(['run', '--json'])
      await (says === undefined ? at.until('begun') : printed(child, says))
      child.kill(signal)
      expect(await once(child, 'exit')).toEqual([130, null])
      await nothingLeft(at)
    },
  )

  it('is noticed to leave something when a run is killed: the same test finds it', async () => {
    const at = await projectOf({ x: code('begun(); await wait(1e8)'), y: queries })
    const child = at.start(['run'])
    await at.until('begun')
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect((await leftBy(at)).length).toBeGreaterThan(0)
    await until(() => processesIn(at.folder).length === 0)
  })

  it('a second time ends all processes at once', async () => {
    const at = await projectOf({ x: code('begun(); for (;;);'), y: queries })
    const child = at.start(['run', '--concurrency', '2'])
    await at.until('begun')
    child.kill('SIGINT')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([130, null])
    await until(() => processesIn(at.folder).length === 0)
  })

  it('the whole group of processes gets the signal, as from a terminal', async () => {
    const at = await projectOf({ x: code('begun(); await wait(1e8)'), y: queries })
    const child = at.start(['run', '--json', '--concurrency', '2'])
    let out = ''
    child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()))
    await at.until('begun')
    for (const pid of [...childrenOf(child), child.pid ?? 0]) process.kill(pid, 'SIGTERM')
    expect(await once(child, 'exit')).toEqual([130, null])
    expect(out).not.toContain('"outcome":"failed"')
    await nothingLeft(at)
  })

  it.each([
    ['check', ['check']],
    ['--watch', ['run', '--watch']],
  ])('%s ends with 130 too', async (_, words) => {
    const at = await projectOf({ x: code('') })
    await at.edit(
      'flows/main.ts',
      'import { flow }',
      `${cases['a flow is loaded']?.flow ?? ''}import { flow }`,
    )
    const child = at.start(words)
    await at.until('begun')
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([130, null])
    await until(() => processesIn(at.folder).length === 0)
  })

  it.each([
    ['query', ['query', endless]],
    ['query --csv', ['query', '--csv', endless]],
  ])('sluice %s computes ends with 130, and leaves nothing that it spilled', async (_, words) => {
    const at = await projectOf({ x: code('') })
    expect((await at.run()).code).toBe(0)
    const child = at.start(words)
    // Nothing but the query takes so long.
    await until(() => secondsOf(child) > 3)
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([130, null])
    expect((await at.files('.sluice/tmp')).filter((name) => name.startsWith('reader-'))).toEqual([])
    await nothingLeft(at)
  })

  it.each([
    ['waits', 'await wait(1e8)'],
    ['loops', 'for (;;);'],
  ])('sluice test runs a test that %s ends with 130, and looks at no table', async (_, body) => {
    const at = await projectOf({ x: code('') })
    expect((await at.run()).code).toBe(0)
    await at.link('vitest')
    await at.write({
      'tests/x.test.ts': `import { test } from 'vitest'
${heading}test('x', async () => { begun(); ${body} }, 1e8)
`,
    })
    const child = at.start(['test'])
    let out = ''
    child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()))
    await at.until('begun')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([130, null])
    expect(out).not.toContain('Tables')
    await nothingLeft(at)
  })

  // Calls to the disk that never come back: a second Ctrl-C does not wait for them.
  it.each([
    'run: write env/dev/log/.tmp #1',
    'run: unlink env/dev/log/.tmp #1',
    'restore a.x@1: unlink env/dev/log/.tmp #1',
    'promote dev --to prod --yes: link env/prod/log/00000000000000000001.json #1',
    'gc: write gc/.tmp #1',
  ])('the disk hangs, of sluice %s, ends with 130, and the lake is whole', async (moment) => {
    const [words = '', call = ''] = moment.split(': ')
    const at = await projectOf({ x: code('') })
    expect((await at.run()).code).toBe(0)
    await at.edit('notebooks/x.ts', 'n: 1', 'n: 2')
    expect((await at.run()).code).toBe(0)
    await at.edit('notebooks/x.ts', 'n: 2', 'n: 3')
    const [reached, pause] = [at.path('reached'), at.path('go')]
    const hook: Hook & { project: string } = {
      project: at.folder,
      at: { name: `lake ${call}`, reached, pause },
    }
    const child = at.start(words.split(' '), {
      NODE_OPTIONS: `--import ${hookFile}`,
      SLUICE_TEST_HOOK: JSON.stringify(hook),
    })
    await at.until('reached')
    child.kill('SIGINT')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([130, null])
    await until(() => processesIn(at.folder).length === 0)
    expect((await at.sluice('verify')).code).toBe(0)
    expect((await at.run()).code).toBe(0)
    expect(await leftBy(at)).toEqual([])
  })

  it(`any moment of ${moments} leaves a lake that the next run finishes`, async () => {
    for (let seed = 1; seed <= moments; seed++) {
      const at = await projectOf({
        x: code('await wait(100)'),
        y: 'select: { out: () => sql`SELECT 1 AS n` }',
        z: code(''),
      })
      const child = at.start(['run'])
      const exit = once(child, 'exit')
      // A moment of chance is the point here: the sleep is no wait for anything.
      await new Promise((resolve) => setTimeout(resolve, ((seed * 7919) % 97) * 40))
      child.kill('SIGINT')
      const [ended, signal] = (await exit) as [number | null, string | null]
      // Before our handlers are there, the system ends the process.
      expect(ended === 130 || ended === 0 || signal === 'SIGINT', `seed ${seed}: ${ended} ${signal}`).toBe(
        true,
      )
      await until(() => processesIn(at.folder).length === 0)
      expect((await at.run()).code, `seed ${seed}`).toBe(0)
      expect(await leftBy(at), `seed ${seed}`).toEqual([])
      expect((await at.sluice('verify')).code, `seed ${seed}`).toBe(0)
      await at.close()
    }
  })
})

function childrenOf({ pid }: ChildProcess): number[] {
  const out = execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
  return out.split('\n').filter(Boolean).map(Number)
}
