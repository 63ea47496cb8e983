import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { Rig, type Line } from './rig.ts'
import { smallFlow } from './small-flow.ts'

let rig: Rig | undefined
afterEach(() => rig?.close())

describe('two runs at once on one lake', () => {
  it('both end well, and what they computed is published once', async () => {
    const project = (rig = await Rig.open(smallFlow))
    const [one, two] = await Promise.all([project.run('--no-cache'), project.run('--no-cache')])
    expect([one.code, two.code], one.out + two.out + one.err + two.err).toEqual([0, 0])
    const tables = JSON.parse((await project.sluice('tables', '--json')).out) as {
      name: string
      seq: number
    }[]
    expect(tables.map(({ name, seq }) => [name, seq])).toEqual([
      ['bronze.sales', 1],
      ['gold.report', 1],
      ['silver.totals', 1],
    ])
    expect((await project.run()).outcomes).toEqual({ ingest: 'fresh', totals: 'fresh', report: 'fresh' })
  }, 60_000)
})

describe('cancelling', () => {
  it('Ctrl-C ends the run with 130, leaves no staged file, and the next run goes on', async () => {
    const project = (rig = await Rig.open({
      ...smallFlow,
      'notebooks/gold/report.ts': smallFlow['notebooks/gold/report.ts'].replace(
        'let count = 0',
        "console.log('waiting')\n    await new Promise((resolve) => setTimeout(resolve, 1e7))\n    let count = 0",
      ),
    }))
    const child = project.start(['run', '--json'])
    let out = ''
    const waiting = new Promise<void>((resolve) => {
      child.stdout?.on('data', (chunk: Buffer) => {
        out += chunk.toString()
        if (out.includes('waiting')) resolve()
      })
    })
    await waiting
    child.kill('SIGINT')
    const [code] = (await once(child, 'exit')) as [number | null]
    expect(code).toBe(130)
    expect(out).toContain('"outcome":"cancelled"')
    expect((await project.files('storage/lake')).filter((file) => file.includes('staging'))).toEqual([])
    await project.write(smallFlow)
    expect((await project.run()).outcomes).toEqual({ ingest: 'fresh', totals: 'fresh', report: 'ran' })
  }, 60_000)
})

describe('--watch', () => {
  it('runs what is stale whenever a file changes, and goes on after a mistake', async () => {
    const project = (rig = await Rig.open(smallFlow))
    const child = project.start(['run', '--watch', '--json'])
    const rounds = roundsOf(child)
    expect(await rounds.next()).toEqual({ ingest: 'ran', totals: 'ran', report: 'ran' })
    await project.edit('notebooks/silver/totals.ts', 'sum(amount)', 'max(amount)')
    expect(await rounds.next()).toEqual({ ingest: 'fresh', totals: 'ran', report: 'ran' })
    await project.edit('notebooks/silver/totals.ts', 'inputs:', 'inputs:::')
    expect(await rounds.problem()).toContain('notebook/syntax')
    await project.edit('notebooks/silver/totals.ts', 'inputs:::', 'inputs:')
    expect(await rounds.next()).toEqual({ ingest: 'fresh', totals: 'fresh', report: 'fresh' })
    child.kill('SIGINT')
    await once(child, 'exit')
  }, 60_000)
})

/** The outcomes of each round of a watching run, as they come. */
function roundsOf(child: ReturnType<Rig['start']>) {
  const ends: Record<string, string>[] = []
  const problems: string[] = []
  let current: Record<string, string> = {}
  let rest = ''
  let wake: () => void = () => undefined
  const take = (line: Line, text: string) => {
    if (line.step !== undefined && line.outcome !== undefined) current[line.step] = line.outcome
    if ('problem' in line) problems.push(text)
    if (line.event === 'run-finished') {
      ends.push(current)
      current = {}
    }
    wake()
  }
  child.stdout?.on('data', (chunk: Buffer) => {
    rest += chunk.toString()
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const text of lines) if (text.startsWith('{')) take(JSON.parse(text) as Line, text)
  })
  const wait = async <T>(list: T[]): Promise<T> => {
    while (list.length === 0) await new Promise<void>((resolve) => (wake = resolve))
    return list.shift() as T
  }
  return { next: () => wait(ends), problem: () => wait(problems) }
}
