import { execFileSync, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { Rig } from '../run/rig.ts'

const heading = `import { existsSync, writeFileSync } from 'node:fs'
import { notebook, sql, t, table } from 'sluice'
`
const query =
  'SELECT max(a.range * b.range % 1000)::INTEGER AS n FROM range(10000000) AS a, range(100000) AS b'

/** A notebook that expires instead of being untracked. */
const notebookOf = (name: string, body: string) => `${heading}
export const out = table('a.${name}', { n: t.integer() })
export default notebook({ outputs: { out }, expires: '1h', ${body} })
`
const endless = {
  code: `async run() { writeFileSync('begun', ''); for (;;); }`,
  query: `select: { out: () => { writeFileSync('begun', ''); return sql\`${query}\` } }`,
} as const

let rig: Rig | undefined
afterEach(() => rig?.close())

async function project(notebooks: Readonly<Record<string, string>>): Promise<Rig> {
  const names = Object.keys(notebooks)
  const imports = names.map((name) => `import ${name} from '../notebooks/${name}.ts'`).join('\n')
  const files = names.map((name) => [`notebooks/${name}.ts`, notebookOf(name, notebooks[name] ?? '')])
  rig = await Rig.open({
    ...(Object.fromEntries(files) as Record<string, string>),
    'flows/main.ts': `import { flow } from 'sluice'
${imports}
export default flow('main')${names.map((name) => `.step(${name})`).join('')}
`,
  })
  return rig
}

/** Processes that a run has started, of one kind or all. */
function childrenOf({ pid }: ChildProcess, kind = 'main'): number[] {
  const { stdout } = spawnSync('pgrep', ['-P', String(pid), '-f', kind], { encoding: 'utf8' })
  return stdout.split('\n').filter(Boolean).map(Number)
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** Whether a process runs: a zombie that nobody waits for does not. */
function runs(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false
  return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z')
}

describe('the processes of a run', () => {
  it.skipIf(process.platform !== 'linux').each(['code', 'query'] as const)(
    'end when it is killed, in the midst of %s that never ends',
    async (kind) => {
      const at = await project({ x: endless[kind] })
      const child = at.start(['run'])
      await at.until('begun')
      // The query begins a moment after it was rendered.
      if (kind === 'query') await until(() => childrenOf(child, 'engine-main').some(isBusy))
      const started = childrenOf(child)
      expect(started.length).toBeGreaterThan(0)
      child.kill('SIGKILL')
      await until(() => !started.some(runs))
    },
  )

  it.skipIf(process.platform !== 'linux')('end alone: the others go on', async () => {
    const at = await project({
      q: endless.query,
      w: `async run({ outputs }) {
        while (!existsSync('go')) await new Promise((resolve) => setTimeout(resolve, 20))
        await outputs.out.insert({ n: 1 })
      }`,
    })
    const child = at.start(['run', '--json', '--keep-going', '--concurrency', '2'])
    let out = ''
    child.stdout?.on('data', (text: Buffer) => (out += text.toString()))
    await at.until('begun')
    await until(() => childrenOf(child, 'engine-main').some(isBusy))
    const [first] = childrenOf(child, 'engine-main')
    if (first !== undefined) process.kill(first, 'SIGKILL')
    // The query is asked again, alone in another process: ended again, it is the one that does it.
    await until(() => childrenOf(child, 'engine-main').some((pid) => pid !== first && isBusy(pid)))
    for (const pid of childrenOf(child, 'engine-main')) process.kill(pid, 'SIGKILL')
    await at.write({ go: '' })
    const [code] = (await once(child, 'exit')) as [number | null]
    expect(code).toBe(1)
    expect(out).toContain('"step/engine"')
    expect(await at.query('SELECT n FROM a.w')).toEqual([{ n: 1 }])
  })

  it('serve no other step when a step left something running in them', async () => {
    const at = await project({
      x: `async run({ outputs }) {
        setTimeout(() => { writeFileSync('late', ''); throw new Error('late') }, 300)
        await outputs.out.insert({ n: 1 })
      }`,
      y: `async run({ outputs }) {
        await new Promise((resolve) => setTimeout(resolve, 1000))
        await outputs.out.insert({ n: 1 })
      }`,
    })
    const ended = await at.run('--concurrency', '1')
    expect(ended.outcomes, ended.out).toEqual({ x: 'ran', y: 'ran' })
    expect(await readdir(at.path('.sluice/tmp'))).toEqual([])
  })
})

/** Whether a process has used more than one and a half seconds of the processors: only a query does. */
function isBusy(pid: number): boolean {
  const fields =
    execFileSync('cat', [`/proc/${pid}/stat`], { encoding: 'utf8' })
      .split(') ')[1]
      ?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12]) > 150
}
