import { spawnSync } from 'node:child_process'
import { afterEach, describe, expect, it } from 'vitest'
import { Rig, type Ended } from './rig.ts'
import { smallFlow } from './small-flow.ts'

/** Where CI runs, strace is there; elsewhere the one test that needs it is left out, and says so. */
const canTrace = process.env['CI'] !== undefined || spawnSync('strace', ['-V']).status === 0
if (!canTrace)
  console.warn('left out: what a run with nothing to do loads is watched with strace, which is not installed')

let rig: Rig | undefined
afterEach(() => rig?.close())

const flowOf = (steps: string, imports: string) =>
  `import { flow } from 'sluice'\n${imports}\nexport default flow('main')${steps}\n`
const table = (name: string) => `table('${name}', { n: t.integer() })`

/** A notebook of one output, with the body of its `run`. */
function runNotebook(name: string, body: string, extra = ''): string {
  return `import { notebook, table, t, sql } from 'sluice'
export const out = ${table(name)}
export default notebook({ outputs: { out }, ${extra} async run({ outputs, log, signal }) { ${body} } })
`
}

const selectNotebook = (name: string, query: string) => `import { notebook, table, t, sql } from 'sluice'
export const out = ${table(name)}
export default notebook({ outputs: { out }, select: { out: () => sql\`${query}\` } })
`

async function project(notebooks: Record<string, string>, files: Record<string, string> = {}): Promise<Rig> {
  const names = Object.keys(notebooks)
  const imports = names.map((name) => `import ${name} from '../notebooks/${name}.ts'`).join('\n')
  const steps = names.map((name) => `.step(${name})`).join('')
  rig = await Rig.open({
    ...Object.fromEntries(names.map((name) => [`notebooks/${name}.ts`, notebooks[name] ?? ''])),
    'flows/main.ts': flowOf(steps, imports),
    ...files,
  })
  return rig
}

function problemsOf(ended: Ended) {
  return ended.lines.flatMap(
    (line) =>
      [...(line.problems ?? []), ...('problem' in line ? [line['problem'] as never] : [])] as {
        code: string
        message: string
        where?: { file: string; line?: number }
      }[],
  )
}

describe('a run', () => {
  it('runs what is stale, then nothing, and gives what notebooks return', async () => {
    rig = await Rig.open(smallFlow)
    const first = await rig.run()
    expect(first.outcomes, first.out).toEqual({ ingest: 'ran', totals: 'ran', report: 'ran' })
    const end = first.lines.find(({ step, outcome }) => step === 'report' && outcome)
    expect(end?.['result']).toEqual({ count: 2 })
    const second = await rig.run()
    expect(second.outcomes).toEqual({ ingest: 'fresh', totals: 'fresh', report: 'fresh' })
    expect(second.code).toBe(0)
    expect(await rig.query('SELECT * FROM gold.report ORDER BY line')).toEqual([
      { line: 'NORTH: 15.75' },
      { line: 'SOUTH: 20.00' },
    ])
  })

  it('keeps the version of a table whose rows are the same, and leaves what is downstream fresh', async () => {
    rig = await Rig.open(smallFlow)
    await rig.run()
    await rig.edit('data/sales.csv', '1,north,10.50,a\n2,south,20.00,b', '2,south,20.00,b\n1,north,10.50,a')
    const again = await rig.run()
    expect(again.outcomes, again.out).toEqual({ ingest: 'ran', totals: 'fresh', report: 'fresh' })
    const [sales] = JSON.parse((await rig.sluice('tables', '--json')).out) as { name: string; seq: number }[]
    expect(sales).toMatchObject({ name: 'bronze.sales', seq: 1 })
  })

  it('forgives a new version whose picked columns hold the same rows, and remembers that it did', async () => {
    rig = await Rig.open(smallFlow)
    await rig.run()
    await rig.edit('data/sales.csv', '10.50,a', '10.50,other note')
    const again = await rig.run()
    expect(again.outcomes, again.out).toEqual({ ingest: 'ran', totals: 'fresh', report: 'fresh' })
    expect(again.reasons['totals']).toEqual(['accepted'])
    expect((await rig.run()).reasons['totals']).toEqual([])
    expect((await rig.sluice('explain', 'totals')).out).toContain('accepted')
  })

  it('forgives another layout of a query, and not another query', async () => {
    rig = await Rig.open(smallFlow)
    await rig.run()
    await rig.edit(
      'notebooks/silver/totals.ts',
      'WHERE amount >=',
      '-- only real sales\n      where  amount >=',
    )
    const again = await rig.run()
    expect(again.outcomes, again.out).toEqual({ ingest: 'fresh', totals: 'fresh', report: 'fresh' })
    expect(again.reasons['totals']).toEqual(['accepted'])
    await rig.edit('notebooks/silver/totals.ts', 'amount >=', 'amount + 0 >=')
    expect((await rig.run()).outcomes['totals']).toBe('ran')
  })

  it('reuses in one environment what another has computed', async () => {
    rig = await Rig.open(smallFlow)
    await rig.run('--env', 'dev')
    const other = await rig.run('--env', 'mine')
    expect(other.outcomes, other.out).toEqual({ ingest: 'reused', totals: 'reused', report: 'reused' })
    expect((await rig.run('--env', 'third', '--no-cache')).outcomes['ingest']).toBe('ran')
  })

  it('lands in prod only when it is said, and takes no args there', async () => {
    rig = await Rig.open(smallFlow)
    await rig.run()
    expect((await rig.sluice('tables', '--env', 'prod')).out).not.toContain('bronze.sales')
    const refused = await rig.run('--env', 'prod', '--arg', 'least=3')
    expect(refused.code).toBe(2)
    expect(problemsOf(refused)[0]?.code).toBe('env/protected')
    await rig.write({ 'sluice.yaml': 'env: prod\n' })
    expect((await rig.run()).code).toBe(2)
    await rig.write({ 'sluice.yaml': '' })
    expect((await rig.run('--env', 'prod')).code).toBe(0)
  })

  it('publishes a whole run in one commit where the flow says so', async () => {
    rig = await Rig.open(smallFlow)
    await rig.edit('flows/sales.ts', "flow('sales')", "flow('sales', { publish: 'run' })")
    expect((await rig.run()).code).toBe(0)
    const commits = (await rig.sluice('log', '--json')).lines
    expect(commits.map(({ kind }) => kind)).toEqual(['publish', 'create'])
    expect((await rig.run()).outcomes).toEqual({ ingest: 'fresh', totals: 'fresh', report: 'fresh' })
  })

  it.skipIf(!canTrace)('loads neither the engine nor a notebook when nothing is to be done', async () => {
    rig = await Rig.open(smallFlow)
    const notebooks = rig.path('notebooks')
    await rig.run()
    await rig.run()
    let strace = await rig.trace('run')
    // Files that are younger than two seconds are read once more, because their stat does not tell an edit yet.
    for (let runs = 1; runs < 20 && strace.files.some((file) => file.startsWith(notebooks)); runs++)
      strace = await rig.trace('run')
    expect(strace.code).toBe(0)
    expect(strace.files.some((file) => file.includes('duckdb') && file.endsWith('.node'))).toBe(false)
    expect(strace.files.filter((file) => file.startsWith(notebooks))).toEqual([])
    expect(strace.processes).toBe(1)
    // The same watch sees both when something is stale.
    await rig.edit('data/sales.csv', '10.50', '12.50')
    const control = await rig.trace('run')
    expect(control.files.some((file) => file.includes('duckdb') && file.endsWith('.node'))).toBe(true)
    expect(control.files.some((file) => file.startsWith(rig?.path('notebooks') ?? ''))).toBe(true)
    expect(control.processes).toBeGreaterThan(2)
  })
})

describe('a step that fails', () => {
  const bad: readonly [string, string, string, RegExp][] = [
    ['throws', runNotebook('a.bad', `throw new Error('no luck')`), 'step/threw', /no luck/],
    [
      'ends its process',
      runNotebook('a.bad', `process.exit(3)`, 'volatile: true,'),
      'step/exited',
      /exit code 3/,
    ],
    ['loops for ever', runNotebook('a.bad', `for (;;);`, `timeout: '1s',`), 'step/timeout', /1 s/],
    [
      'waits for ever',
      runNotebook('a.bad', `await new Promise((r) => setTimeout(r, 1e8))`, `timeout: '1s', volatile: true,`),
      'step/timeout',
      /1 s/,
    ],
    ['writes nothing', runNotebook('a.bad', ``), 'step/output-unwritten', /a\.bad/],
    [
      'returns what cannot be kept',
      runNotebook('a.bad', `await outputs.out.empty(); return { f: () => 1 } as never`),
      'step/result-invalid',
      /bad\.ts/,
    ],
    [
      'inserts a wrong value',
      runNotebook('a.bad', `await outputs.out.insert({ n: 'x' as never })`),
      'contract/value',
      /a\.bad/,
    ],
    [
      'queries a table by name',
      selectNotebook('a.bad', 'SELECT n FROM a.good'),
      'query/table-unknown',
      /a\.good|good/,
    ],
    [
      'reads a file in SQL',
      selectNotebook('a.bad', `SELECT 1 AS n FROM read_csv('/etc/passwd')`),
      'query/function-forbidden',
      /read_csv/,
    ],
    [
      'calls random()',
      selectNotebook('a.bad', 'SELECT CAST(random() AS INTEGER) AS n'),
      'query/volatile',
      /random/,
    ],
    ['does not parse', selectNotebook('a.bad', 'SELEC 1 AS n'), 'query/parse', /SELEC/i],
    ['gives another type', selectNotebook('a.bad', `SELECT 'x' AS n`), 'contract/type-mismatch', /VARCHAR/],
    ['gives NULLs', selectNotebook('a.bad', `SELECT CAST(NULL AS INTEGER) AS n`), 'contract/null', /\bn\b/],
  ]

  it.each(bad)(
    'because it %s is told, stops nobody else, and leaves what was published',
    async (_, text, code, message) => {
      const rig = await project({
        good: selectNotebook('a.good', 'SELECT 1 AS n'),
        bad: selectNotebook('a.bad', 'SELECT 7 AS n'),
      })
      expect((await rig.run()).code).toBe(0)
      await rig.write({ 'notebooks/bad.ts': text })
      await rig.edit('notebooks/good.ts', 'SELECT 1', 'SELECT 2')
      const ended = await rig.run('--keep-going')
      expect(ended.code, ended.out + ended.err).toBe(1)
      expect(ended.outcomes).toEqual({ good: 'ran', bad: 'failed' })
      const [problem] = problemsOf(ended)
      expect(problem?.code).toBe(code)
      expect(problem?.message).toMatch(message)
      expect(problem?.where?.file).toBe('notebooks/bad.ts')
      expect(await rig.query('SELECT n FROM a.bad')).toEqual([{ n: 7 }])
      expect(await rig.query('SELECT n FROM a.good')).toEqual([{ n: 2 }])
    },
  )

  it('blocks what is downstream, with its name', async () => {
    const reader = `import { notebook, table, t, sql } from 'sluice'
import { out as input } from './first.ts'
export const last = table('a.last', { n: t.integer() })
export default notebook({ inputs: { input }, outputs: { last }, select: { last: ({ input }) => sql\`SELECT n FROM \${input} AS i\` } })
`
    const rig = await project({ first: runNotebook('a.first', `throw new Error('x')`), second: reader })
    const ended = await rig.run()
    expect(ended.outcomes).toEqual({ first: 'failed', second: 'blocked' })
    expect(ended.lines.find(({ step, outcome }) => step === 'second' && outcome)?.['blockedBy']).toEqual([
      'first',
    ])
  })

  it('keeps what it printed, in the events and beside the lake', async () => {
    const rig = await project({
      loud: runNotebook(
        'a.loud',
        `console.log('on stdout'); console.error('on stderr'); log.warn('said'); process.stdout.write('x'.repeat(200_000)); throw new Error('late')`,
      ),
    })
    const ended = await rig.run()
    const printed = ended.lines.filter(({ event }) => event === 'step-printed')
    const text = (stream: string) =>
      printed
        .filter((line) => line['stream'] === stream)
        .map((line) => line['text'])
        .join('')
    expect(text('stdout')).toContain('on stdout')
    expect(text('stdout').length).toBeGreaterThanOrEqual(200_000)
    expect(text('stderr')).toContain('on stderr')
    expect(text('log')).toContain('said')
    const shown = await rig.sluice('runs', String(ended.lines[0]?.['run']))
    expect(shown.out).toContain('on stdout')
  })
})

describe('inputs that change while a step is computed', () => {
  it.each([
    ['a source', 'data/in.csv', 'n\n1\n', 'n\n2\n', 2],
    ['the notebook', 'notebooks/slow.ts', 'n * 1', 'n * 10', 10],
  ])('%s: the result is thrown away and the step judged anew', async (_, file, from, to, expected) => {
    const slow = `import { notebook, source, table, t, sql } from 'sluice'
import { existsSync, writeFileSync } from 'node:fs'
export const files = source.csv('data/in.csv', { columns: { n: t.integer() } })
export const out = table('a.slow', { n: t.integer() })
export default notebook({
  inputs: { files },
  outputs: { out },
  expires: '1h',
  async run({ inputs, outputs }) {
    await outputs.out.write(sql\`SELECT n * 1 AS n FROM \${inputs.files} AS f\`)
    writeFileSync('begun', '')
    while (!existsSync('go')) await new Promise((resolve) => setTimeout(resolve, 20))
  },
})
`
    const rig = await Rig.open({
      'data/in.csv': 'n\n1\n',
      'notebooks/slow.ts': slow,
      'flows/main.ts': `import { flow } from 'sluice'\nimport slow, { files } from '../notebooks/slow.ts'\nexport default flow('main').source(files).step(slow)\n`,
    })
    const running = rig.run()
    await rig.until('begun')
    await rig.edit(file, from, to)
    await rig.write({ go: '' })
    const ended = await running
    expect(ended.code, ended.out + ended.err).toBe(0)
    expect(await rig.query('SELECT n FROM a.slow')).toEqual([{ n: expected }])
    expect((await rig.run()).outcomes).toEqual({ slow: 'fresh' })
    await rig.close()
  })
})
