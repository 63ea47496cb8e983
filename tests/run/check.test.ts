import { spawnSync } from 'node:child_process'
import { afterEach, describe, expect, it } from 'vitest'
import type { Problem } from '../../src/base/problem.ts'
import { Rig, type Ended } from './rig.ts'
import { smallFlow } from './small-flow.ts'

const ingest = 'notebooks/bronze/ingest.ts'
const totals = 'notebooks/silver/totals.ts'
const report = 'notebooks/gold/report.ts'

/** Whether processes and files can be watched here. */
const canTrace = process.env['CI'] !== undefined || spawnSync('strace', ['-V']).status === 0

let rig: Rig
afterEach(() => rig.close())

const problemsOf = ({ lines }: Ended): Problem[] => lines.map((line) => line['problem'] as Problem)

describe('sluice check', () => {
  it('finds nothing in a project that is right, without its files and without making a lake', async () => {
    rig = await Rig.open(smallFlow)
    await rig.remove('data/sales.csv')
    const { code, out, err } = await rig.sluice('check')
    expect(out + err).toMatch(/^checked 3 steps of 1 flow, 2 queries: 0 problems in [\d.]+m?s\n$/)
    expect(code).toBe(0)
    expect(await rig.files('.')).not.toContain('storage')
  })

  it('tells the mistakes of several files at once', async () => {
    rig = await Rig.open(smallFlow)
    await rig.edit(ingest, 'SELECT * FROM', 'SELECT id, region, amout AS amount, note FROM')
    await rig.edit(totals, 'sum(amount)', 'sum(price)')
    await rig.edit('flows/sales.ts', 'least: 1', "least: 'one'")
    await rig.write({
      'flows/other.yaml': 'steps:\n  - notebok: silver/totals\n',
      'sluice.yaml': 'envv: dev\n',
    })
    const ended = await rig.sluice('check', '--json')
    const found = problemsOf(ended).map(({ code, where }) => [code, where?.file, where?.line])
    expect(found).toEqual(
      [
        ['notebook/args-invalid', 'flows/sales.ts', 6],
        ['flow/invalid', 'flows/other.yaml', 2],
        ['flow/invalid', 'flows/other.yaml', 2],
        ['query/bind', ingest, 17],
        ['query/bind', totals, 18],
        ['project/config-invalid', 'sluice.yaml', 1],
      ].toSorted((a, b) => String(a[1]).localeCompare(String(b[1]), 'en')),
    )
    expect(ended.code).toBe(2)
  })

  it('tells where a value that no query can hold stands', async () => {
    rig = await Rig.open(smallFlow)
    await rig.edit(totals, 'sum(amount)', 'sum(amount * ${({} as { rate: number }).rate})')
    const source = (await rig.read(totals)).split('\n')
    const line = source.findIndex((each) => each.includes('.rate')) + 1
    const column = (source[line - 1] ?? '').indexOf('${({} as') + 1
    const where = { file: totals, line, column }
    expect(problemsOf(await rig.sluice('check', '--json'))).toEqual([
      expect.objectContaining({ code: 'query/value', where }),
    ])
  })

  it('looks at the notebooks of a flow that cannot be loaded', async () => {
    rig = await Rig.open(smallFlow)
    await rig.edit(report, 'export const report', "throw new Error('not today')\nexport const report")
    await rig.edit(totals, 'sum(amount)', 'sum(price)')
    const found = problemsOf(await rig.sluice('check', '--json')).map(({ code, where }) => [
      code,
      where?.file,
    ])
    expect(found).toEqual([
      ['notebook/load', report],
      ['query/bind', totals],
    ])
  })

  it.each([
    ['throws', "throw new Error('not today')", /not today/],
    ['loops', 'while (true) {}', /took longer than 10 s/],
    ['ends the process', 'process.exit(0)', /ended its process with exit code 0/],
  ])('tells of a module that %s when it is loaded, once, and of all others', async (_, code, says) => {
    rig = await Rig.open(smallFlow)
    await rig.edit(report, 'export const report', `console.log('hello')\n${code}\nexport const report`)
    await rig.edit(totals, 'sum(amount)', 'sum(price)')
    const ended = await rig.sluice('check', '--json', '--limit', '10s')
    const [load, ...others] = problemsOf(ended)
    expect(load).toMatchObject({ code: 'notebook/load', where: { file: report } })
    expect(load?.message).toMatch(says)
    expect(others.map(({ code: other, where }) => [other, where?.file])).toEqual([['query/bind', totals]])
  })

  it.each([
    ['throws', "throw new Error('no rows')", 'step/threw', /no rows/],
    ['loops', 'while (true) {}', 'step/timeout', /longer than 8 s/],
    ['leaves an output unwritten', 'count++', 'step/output-unwritten', /gold\.report/],
  ])('--dry tells of code that %s on empty inputs, with what it printed', async (_, code, word, says) => {
    rig = await Rig.open(smallFlow)
    await rig.edit(report, 'outputs: { report },', "outputs: { report }, timeout: '8s',")
    await rig.edit(report, 'if (count === 0) await outputs.report.empty()', `console.log('so far')\n${code}`)
    const ended = await rig.sluice('check', '--dry', '--json')
    const [found, ...others] = problemsOf(ended)
    expect(others, ended.out).toEqual([])
    expect(found).toMatchObject({ code: word, where: { file: report } })
    expect(found?.message).toMatch(says)
    expect(found?.related?.map(({ message }) => message)).toContain('it printed: so far')
    expect(ended.code).toBe(2)
    expect(await rig.files('.')).not.toContain('storage')
  })

  it.skipIf(!canTrace)('starts no process and loads no engine when nothing changed', async () => {
    rig = await Rig.open(smallFlow)
    await rig.sluice('check')
    await rig.sluice('check')
    const again = await rig.trace('check')
    expect(again.processes).toBe(1)
    expect(again.files.some((file) => file.includes('duckdb') && file.endsWith('.node'))).toBe(false)
    // Files that are younger than two seconds may be hashed once more; one process loads none of them.
    expect(again.files.some((file) => file.includes('/.sluice/modules/'))).toBe(false)
    // The same watch sees them when a query changed.
    await rig.edit(totals, 'sum(amount)', 'max(amount)')
    const control = await rig.trace('check')
    expect(control.processes).toBeGreaterThan(2)
    expect(control.files.some((file) => file.includes('duckdb') && file.endsWith('.node'))).toBe(true)
  })

  it('looks again at what changed behind a notebook, and where it stands', async () => {
    rig = await Rig.open(smallFlow)
    expect((await rig.sluice('check')).code).toBe(0)
    await rig.edit('notebooks/shared/text.ts', 'upper(', 'lowwer(')
    const [problem] = problemsOf(await rig.sluice('check', '--json'))
    expect(problem).toMatchObject({
      code: 'query/bind',
      where: { file: 'notebooks/shared/text.ts', line: 4 },
    })
    await rig.edit('notebooks/shared/text.ts', '/** A column', '\n/** A column')
    const [moved] = problemsOf(await rig.sluice('check', '--json'))
    expect(moved?.where?.line).toBe(5)
  })
})
