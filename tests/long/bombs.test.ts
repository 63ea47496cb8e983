import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Rig, type Line } from '../run/rig.ts'
import { hugeCounts, hugePage, longLine, packed, repeated, written } from './bomb-files.ts'
import { watchPeak } from './peak.ts'

/** Files that are small, or one long line, and become more than there is memory; and honest ones that are large. */

const memory = 512e6
type Format = 'csv' | 'json' | 'ndjson' | 'parquet'

let rig: Rig
/** What the largest process holds that reads one row, in bytes. */
let idle = 0
beforeAll(async () => {
  rig = await Rig.open({ 'sluice.yaml': 'memory: 512MB\ntimeout: 60s\n', 'raw/good.csv': 'a\n1\n' })
  await rig.write(project('good.csv', 'csv'))
  const outcome = await run()
  expect(outcome.code, outcome.err).toBe(0)
  idle = outcome.peak
})
afterAll(() => rig.close())

const count = 'SELECT count(*) AS n, CAST(max(length(a)) AS VARCHAR) AS a FROM ${file} AS f'

function project(file: string, format: Format, select = count) {
  return {
    'notebooks/read.ts': `import { notebook, source, sql, t, table } from 'sluice'
export const file = source.${format}('raw/${file}', { columns: { a: t.varchar().nullable() } })
export const out = table('a.out', { n: t.bigint(), a: t.varchar().nullable() })
export default notebook({
  inputs: { file },
  outputs: { out },
  select: { out: ({ file }) => sql\`${select}\` },
})
`,
    'flows/main.ts': `import { flow } from 'sluice'
import read, { file } from '../notebooks/read.ts'
export default flow('main').source(file).step(read)
`,
  }
}

interface Outcome {
  readonly code: number | null
  readonly problems: NonNullable<Line['problems']>
  readonly peak: number
  readonly ms: number
  readonly err: string
}

async function run(...args: string[]): Promise<Outcome> {
  const begun = performance.now()
  const child = rig.start(['run', '--json', '--force', ...args])
  const peak = watchPeak(child.pid ?? 0)
  let [out, err] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text))
  const [code] = (await once(child, 'close')) as [number | null]
  const lines = out.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []))
  const problems = lines.flatMap((line) => (line.event === 'step-finished' ? (line.problems ?? []) : []))
  return { code, problems, peak: peak.stop(), ms: performance.now() - begun, err }
}

/** What is wrong with how much a run held. */
function overruns({ peak }: Outcome, cap = memory): string[] {
  const most = cap * 1.2 + idle
  return peak <= most ? [] : [`a process held ${Math.round(peak / 1e6)} of ${Math.round(most / 1e6)} MB`]
}

const told = (name: string, { peak, ms, problems }: Outcome) =>
  console.log(
    `${name}: ${Math.round(peak / 1e6)} MB (idle ${Math.round(idle / 1e6)}), ${Math.round(ms)} ms; ${problems.map(({ code, message }) => `${code}: ${message}`).join('; ')}`,
  )

const tempFolder = () => rig.path('made')
const names = (many: number) => Array.from({ length: many }, (_, at) => `c${at}`).join(',')
const header = 'FORMAT csv, HEADER true, COMPRESSION zstd'
const small = "SELECT 'x' || i % 100 AS a FROM range(100000) t(i)"

afterEach(async () => {
  // Nothing is left beside what the head names, which is what it was.
  expect(await rig.files('.sluice/tmp').catch(() => [])).toEqual([])
})

type Case = readonly [
  name: string,
  file: string,
  format: Format,
  code: string,
  write: (file: string) => Promise<unknown>,
  select?: string,
]

describe('a bomb fails its step with a Problem, within the memory, and the head stays', () => {
  const bombs: readonly Case[] = [
    [
      'gigabytes of zeros, packed',
      'a.csv.gz',
      'csv',
      'source/limit',
      (f) => packed(f, 'a\n', Buffer.alloc(1e8), 20),
    ],
    [
      'an endless header, packed',
      'b.csv.gz',
      'csv',
      'source/limit',
      (f) => packed(f, '', Buffer.alloc(1e8, 'x'), 20),
    ],
    ['a field of 300 MB', 'c.csv', 'csv', 'source/limit', (f) => longLine(f, 'a\n"', 300, '"\n')],
    [
      'a header of a million columns',
      'd.csv',
      'csv',
      'source/limit',
      (f) => writeFile(f, `${names(1e6)}\n1\n`),
    ],
    [
      'a line of 300 MB of JSON',
      'e.ndjson',
      'ndjson',
      'source/limit',
      (f) => longLine(f, '{"a": "', 300, '"}\n'),
    ],
    [
      'a value of 300 MB of JSON',
      'f.json',
      'json',
      'source/limit',
      (f) => longLine(f, '[{"a": "', 300, '"}]\n'),
    ],
    [
      'gigabytes of one line of JSON, packed',
      'g.ndjson.gz',
      'ndjson',
      'source/limit',
      (f) => packed(f, '{"a": "', Buffer.alloc(1e8, 'x'), 20),
    ],
    [
      'a value of 300 MB, packed with Zstandard',
      'h.csv.zst',
      'csv',
      'source/limit',
      (f) => written(f, "SELECT repeat('x', 300000000) AS a", tempFolder(), header),
    ],
    [
      'a page of Parquet that says it has 2 GB',
      'i.parquet',
      'parquet',
      'source/format',
      async (f) => {
        await written(f, small, tempFolder())
        await hugePage(f)
      },
    ],
    [
      '50 million equal values in one list',
      'j.parquet',
      'parquet',
      'step/memory',
      (f) => written(f, "SELECT 'x' AS a FROM range(50000000)", tempFolder()),
      'SELECT 1 AS n, CAST(len(list(a)) AS VARCHAR) AS a FROM ${file} AS f',
    ],
  ]
  it.each(bombs.map((bomb) => ({ name: bomb[0], bomb })))('$name', async ({ bomb }) => {
    const [name, file, format, code, write, select] = bomb
    await rig.write({ [`raw/${file}`]: '', ...project(file, format, select) })
    await write(rig.path(`raw/${file}`))
    const outcome = await run()
    await rig.remove(`raw/${file}`)
    told(name, outcome)
    expect(outcome.code, outcome.err).toBe(1)
    expect(outcome.problems.map((problem) => problem.code)).toEqual([code])
    if (code.startsWith('source/')) expect(path.basename(outcome.problems[0]?.where?.file ?? '')).toBe(file)
    expect(overruns(outcome)).toEqual([])
    expect(await rig.query('SELECT n FROM a.out')).toEqual([{ n: 1 }])
  })
})

describe('what is honest is read, within the memory', () => {
  const row = Buffer.from(`${'x'.repeat(99)}\n`.repeat(100_000))
  it.each<readonly [string, string, Format, number, (file: string) => Promise<unknown>]>([
    ['CSV of a gigabyte, packed', 'a.csv.gz', 'csv', 1e7, (f) => packed(f, 'a\n', row, 100)],
    ['CSV of 300 MB', 'b.csv', 'csv', 3e6, (f) => repeated(f, 'a\n', row, 30)],
    [
      '50 million equal values of Parquet',
      'c.parquet',
      'parquet',
      5e7,
      (f) => written(f, "SELECT 'x' AS a FROM range(50000000)", tempFolder()),
    ],
    [
      'JSON that is nested 100,000 deep',
      'd.json',
      'json',
      1,
      (f) => writeFile(f, `[{"a": ${'['.repeat(1e5)}${']'.repeat(1e5)}}]`),
    ],
  ])('%s', async (name, file, format, rows, write) => {
    await rig.write({ [`raw/${file}`]: '', ...project(file, format) })
    await write(rig.path(`raw/${file}`))
    const outcome = await run()
    await rig.remove(`raw/${file}`)
    told(name, outcome)
    expect(outcome.code, outcome.err).toBe(0)
    expect(overruns(outcome)).toEqual([])
    expect(await rig.query('SELECT n FROM a.out')).toEqual([{ n: rows }])
  })

  it('a footer of Parquet that says it has two thousand million rows: told, or its real rows', async () => {
    await rig.write({ 'raw/e.parquet': '', ...project('e.parquet', 'parquet') })
    await written(rig.path('raw/e.parquet'), small, tempFolder())
    expect(await hugeCounts(rig.path('raw/e.parquet'), 100_000)).toBeGreaterThan(0)
    const outcome = await run()
    told('a footer with huge counts', outcome)
    expect([[], ['source/format']]).toContainEqual(outcome.problems.map(({ code }) => code))
    expect(overruns(outcome)).toEqual([])
    if (outcome.code === 0) expect(await rig.query('SELECT n FROM a.out')).toEqual([{ n: 100_000 }])
  })
})

it('the same look reports a run that may hold more', async () => {
  // The checker is told of 128 MB, and the run of 3 GB.
  await rig.write({
    'sluice.yaml': 'memory: 3GB\n',
    'raw/f.csv': 'a\n1\n',
    ...project(
      'f.csv',
      'csv',
      'SELECT 1 AS n, CAST(len(list(i)) AS VARCHAR) AS a FROM ${file} AS f, range(60000000) t(i)',
    ),
  })
  const outcome = await run()
  told('without the cap', outcome)
  expect(outcome.code, outcome.err).toBe(0)
  expect(overruns(outcome, 128e6)).not.toEqual([])
})
