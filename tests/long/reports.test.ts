import { once } from 'node:events'
import { appendFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeAll, afterAll, describe, expect, test } from 'vitest'
import { elementsOf, junitFaults, parseXml, sarifFaults } from '../report/schemas.ts'
import { smallFlow } from '../run/small-flow.ts'
import { Rig } from '../run/rig.ts'
import { emptyFolder, sluice, startSluice } from '../cli/rig.ts'

const off = { GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '', GITHUB_WORKSPACE: '' }
const call = (cwd: string, words: readonly string[], env: { readonly [name: string]: string } = {}) =>
  sluice(words, { cwd, env: { ...off, ...env } })
const reading = (cwd: string) => (file: string) => readFile(path.join(cwd, file), 'utf8')

/** A notebook that prints whatever and throws, and one that waits for it. */
const failing = {
  'notebooks/loud.ts': `import { notebook, t, table } from 'sluice'
export const words = table('bronze.words', { word: t.varchar() })
export default notebook({
  inputs: {},
  outputs: { words },
  async run() {
    console.log('\\u001b[31mred\\u001b[0m \\u0007 ]]> <b>&')
    console.error('wrong')
    throw new Error('bad | news\\n::error::<script>')
  },
})
`,
  'notebooks/after.ts': `import { notebook, sql, t, table } from 'sluice'
import { words } from './loud.ts'
export const counts = table('silver.counts', { n: t.bigint() })
export default notebook({
  inputs: { words: words.pick('word') },
  outputs: { counts },
  select: { counts: ({ words }) => sql\`SELECT count(*) AS n FROM \${words} AS w\` },
})
`,
  'flows/all.ts': `import { flow } from 'sluice'
import loud from '../notebooks/loud.ts'
import after from '../notebooks/after.ts'
export default flow('all').step(loud).step(after)
`,
}

describe('a run that fails', () => {
  let rig: Rig
  let run: Awaited<ReturnType<typeof sluice>>
  beforeAll(async () => {
    rig = await Rig.open(failing)
    await mkdir(rig.path('.git'))
    const files = ['junit=out/deep/run.xml', 'sarif=run.sarif', 'markdown=run.md', 'json=run.jsonl', 'github']
    run = await call(rig.folder, ['run', ...files.flatMap((file) => ['--report', file])], {
      GITHUB_STEP_SUMMARY: rig.path('summary.md'),
    })
  })
  afterAll(() => rig.close())

  test('is told as before, with its exit code', () => {
    expect(run.code).toBe(1)
    expect(run.stdout).toContain('1 failed, 1 blocked')
  })

  test('is JUnit XML that follows the schema, with what was printed and why steps were skipped', async () => {
    const text = await rig.read('out/deep/run.xml')
    expect(await junitFaults(text)).toEqual([])
    const root = parseXml(text)
    expect(elementsOf(root, 'failure')).toMatchObject([
      { message: expect.stringContaining('bad | news') as string },
    ])
    expect(elementsOf(root, 'skipped')).toMatchObject([{ message: 'blocked by loud' }])
    expect(elementsOf(root, 'system-out')[0]?.text).toBe('red \ufffd ]]> <b>&\n')
    expect(elementsOf(root, 'system-err')[0]?.text).toBe('wrong\n')
  })

  test('is SARIF that follows the schema, with the place where it threw', async () => {
    const text = await rig.read('run.sarif')
    expect(sarifFaults(text)).toEqual([])
    expect(text).toContain('"uri": "notebooks/loud.ts"')
    expect(text).toContain('"startLine": 9')
  })

  test('is an annotation in the log, and a summary', async () => {
    const lines = run.stdout.split('\n').filter((line) => line.startsWith('::'))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(
      /^::error file=notebooks\/loud\.ts,line=9,col=\d+,title=step\/threw::.*%0A::error::<script>/,
    )
    expect(await rig.read('summary.md')).toBe(await rig.read('run.md'))
    expect(await rig.read('run.md')).toContain('::error::&lt;script&gt;')
  })

  test('is the same JSON that --json prints', async () => {
    const events = (await rig.read('run.jsonl'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string })
    expect(events.map(({ event }) => event).slice(-2)).toEqual(['step-finished', 'run-finished'])
  })

  test('leaves no file half-written', async () => {
    expect((await readdir(rig.folder, { recursive: true })).filter((file) => file.endsWith('.tmp'))).toEqual(
      [],
    )
  })

  test('can be reported later, from what is kept of it', async () => {
    const { run: id } = JSON.parse((await rig.read('run.jsonl')).split('\n')[0] ?? '') as { run: string }
    const later = await call(rig.folder, [
      'runs',
      id,
      '--report',
      'junit=later.xml',
      '--report',
      'markdown=later.md',
    ])
    expect(later.code).toBe(0)
    expect(await rig.read('later.xml')).toBe(await rig.read('out/deep/run.xml'))
    expect(await rig.read('later.md')).toBe(await rig.read('run.md'))
  })
})

test('a run that is cancelled has its report', async () => {
  const rig = await Rig.open({
    ...failing,
    'notebooks/loud.ts': failing['notebooks/loud.ts'].replace(
      'throw new Error',
      "console.log('waiting'); await new Promise((resolve) => setTimeout(resolve, 1e8)); throw new Error",
    ),
  })
  const child = startSluice(['run', '--report', 'junit=run.xml'], { cwd: rig.folder, env: off })
  child.stdout.setEncoding('utf8')
  for await (const text of child.stdout) if (String(text).includes('waiting')) break
  child.kill('SIGINT')
  const [code] = (await once(child, 'exit')) as [number]
  expect(code).toBe(130)
  const text = await rig.read('run.xml')
  expect(await junitFaults(text)).toEqual([])
  expect(elementsOf(parseXml(text), 'skipped').map(({ message }) => message)).toContain('cancelled')
  await rig.close()
})

test('what is wrong with a project before anything runs is reported too', async () => {
  const rig = await Rig.open({ ...smallFlow, 'flows/broken.ts': 'export default 1 +\n' })
  const run = await call(rig.folder, ['run', '--report', 'junit=run.xml', '--report', 'sarif=run.sarif'])
  expect(run.code).toBe(2)
  expect(elementsOf(parseXml(await rig.read('run.xml')), 'testsuite')[0]?.name).toBe('flows/broken.ts')
  expect(sarifFaults(await rig.read('run.sarif'))).toEqual([])
  await rig.close()
})

describe('a project in which all is well', () => {
  let rig: Rig
  let cwd: string
  beforeAll(async () => {
    rig = await Rig.open(smallFlow)
    cwd = rig.folder
  })
  afterAll(() => rig.close())

  test('has a passing case for each step, data check, and file that is checked', async () => {
    await call(cwd, ['run', '--report', 'junit=run.xml'])
    const checked = await call(cwd, ['check', '--report', 'junit=check.xml', '--report', 'sarif=check.sarif'])
    expect(checked.code).toBe(0)
    const read = reading(cwd)
    // The run has two data checks beside its three steps.
    for (const [file, tests] of [
      ['run.xml', '5'],
      ['check.xml', '3'],
    ] as const) {
      const text = await read(file)
      expect(await junitFaults(text)).toEqual([])
      expect(parseXml(text).getAttribute('tests')).toBe(tests)
    }
    expect(sarifFaults(await read('check.sarif'))).toEqual([])
  })

  test('has its reports from sluice.yaml; the command line replaces them, and --no-report leaves them out', async () => {
    const config = path.join(cwd, 'sluice.yaml')
    const before = await readFile(config, 'utf8')
    await appendFile(config, '\nreports:\n  run: [junit=from-config.xml]\n')
    const there = async () =>
      (await readdir(cwd)).filter((file) => file.endsWith('-config.xml') || file === 'other.md')
    await call(cwd, ['run', '--no-report'])
    await call(cwd, ['check'])
    expect(await there()).toEqual([])
    await call(cwd, ['run', '--report', 'markdown=other.md'])
    expect(await there()).toEqual(['other.md'])
    await call(path.join(cwd, 'flows'), ['run'])
    expect(await there()).toEqual(['from-config.xml', 'other.md'])
    await writeFile(config, `${before}\nreports:\n  run: [junits=a]\n`)
    const wrong = await call(cwd, ['run'])
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("did you mean 'junit'?") as string,
    })
    await writeFile(config, before)
  })

  test('to stdout, a report is all that stands there', async () => {
    const run = await call(cwd, ['run', '--report', 'junit'])
    expect(await junitFaults(run.stdout)).toEqual([])
    expect(run.stderr).toContain('Nothing to do')
  })

  test('on GitHub Actions, a run has its summary by itself, behind what is there', async () => {
    const summary = path.join(cwd, 'summary.md')
    await writeFile(summary, 'before\n')
    const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary }
    await call(cwd, ['run', '--no-report'], env)
    expect(await readFile(summary, 'utf8')).toBe('before\n')
    await call(cwd, ['run'], env)
    expect(await readFile(summary, 'utf8')).toMatch(/^before\n### ✓ /)
    await rm(summary)
  })

  test.each([
    [
      ['run', '--report', 'junit=data/sales.csv/x/run.xml'],
      /report junit cannot be written to .*sales\.csv.*report\/unwritable/s,
    ],
    [['run', '--report', 'junit=flows'], /cannot be written to .*flows: EISDIR/],
    // Node's own recursion over folders does not end there.
    [['run', '--report', 'junit=/proc/x/run.xml'], /cannot be written to .*run\.xml: ENOENT/],
  ])('%j: a report that cannot be written is told, and the run too', async (words, said) => {
    const run = await call(cwd, words)
    expect(run.code).toBe(2)
    expect(run.stderr).toMatch(said)
    expect(run.stdout).toContain('Nothing to do')
  })

  test.each([
    [['run', '--report', 'junt=a.xml'], "there is no format 'junt'.*did you mean 'junit'"],
    [['run', '--report', 'junit='], 'no file is named'],
    [['run', '--report', 'github=a.txt'], 'this report has no file'],
    [['run', '--report', 'junit=a', '--report', 'sarif=./a'], 'another report goes to a too'],
    [['run', '--report', 'junit', '--report', 'sarif=-'], 'another report goes to stdout too'],
    [['run', '--json', '--report', 'junit'], '--json and a report both go to stdout'],
    [['run', '--watch', '--report', 'junit=a'], 'does not go with --watch'],
    [['run', '--dry-run', '--report', 'junit=a'], 'does not go with --dry-run'],
    [['runs', '--report', 'junit=a'], '--report is for one run'],
  ])('%j is wrong usage', async (words, said) => {
    const run = await call(cwd, words)
    expect(run.code).toBe(2)
    expect(run.stderr + run.stdout).toMatch(new RegExp(said, 's'))
  })
})

test('without a project, the report says so', async () => {
  const cwd = await emptyFolder()
  const run = await call(cwd, ['run', '--report', 'junit=run.xml'])
  expect(run.code).toBe(2)
  const text = await reading(cwd)('run.xml')
  expect(elementsOf(parseXml(text), 'failure')).toHaveLength(1)
})

test('what is checked and wrong is reported with its place; with --strict warnings fail', async () => {
  const rig = await Rig.open(smallFlow)
  await rig.edit('notebooks/silver/totals.ts', 'sum(amount)', 'sum(amout)')
  const run = await call(rig.folder, ['check', '--json', '--report', 'github', '--report', 'junit=check.xml'])
  expect(run.code).toBe(2)
  expect(
    run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => Object.keys(JSON.parse(line) as object)),
  ).toEqual([['problem']])
  expect(run.stderr).toMatch(/^::error file=.*notebooks\/silver\/totals\.ts,.*title=query\/bind::.*amout/m)
  expect(parseXml(await rig.read('check.xml')).getAttribute('failures')).toBe('1')
  await rig.close()
})
