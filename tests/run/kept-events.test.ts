import { describe, expect, it } from 'vitest'
import { openLake, type Lake } from '../../src/lake/lake.ts'
import { eventsOfRun, summaryOf } from '../../src/run/lake-runs.ts'
import { memoryStorage } from '../../src/storage/memory.ts'

const at = '2026-01-01T00:00:00.000Z'
const started = {
  at,
  run: 'r',
  event: 'run-started',
  flow: 'main',
  env: 'dev',
  storage: './lake',
  steps: ['s'],
}
const printed = { at, run: 'r', event: 'step-printed', step: 's', stream: 'stdout', text: 'x' }
const finished = {
  at, run: 'r', event: 'step-finished', step: 's', notebook: 'n.ts', outcome: 'ran', reasons: [{ word: 'forced' }],
  tables: [{ table: 'a.b', version: 'v', seq: 1, rows: 2, bytes: 3, unchanged: false }], ms: 1.5, problems: [],
} // prettier-ignore
const summary = { run: 'r', env: 'dev', flows: ['main'], at, ended: at, counts: { ran: 1 } }

async function withRecord(files: Record<string, string>): Promise<{ lake: Lake; run: string }> {
  const lake = await openLake(memoryStorage())
  const run = lake.runs.newId()
  for (const [file, text] of Object.entries(files)) await lake.runs.put(run, file, text)
  return { lake, run }
}

async function kept(...lines: readonly unknown[]): Promise<unknown[]> {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')
  const { lake, run } = await withRecord({ 'events.jsonl': text })
  return eventsOfRun(lake, run)
}

describe('the events of a run that was kept', () => {
  it('are read as they were written', async () => {
    expect(await kept(started, printed, finished)).toEqual([started, printed, finished])
  })

  it.each<[string, unknown]>([
    ['half a line', '{"at":"2026'],
    ['no object', '"run-started"'],
    ['null', 'null'],
    ['an event that nobody knows', { ...printed, event: 'step-danced' }],
    ['an event that only objects know', { ...printed, event: 'constructor' }],
    ['no time', { ...printed, at: 'then' }],
    ['text that is none', { ...printed, text: 7 }],
    ['a stream that is none', { ...printed, stream: 'stdin' }],
    ['steps that are no list', { ...started, steps: { length: 1 } }],
    ['a step that is no text', { ...started, steps: [['s']] }],
    ['a process that is none', { ...started, process: { host: 'h', pid: -1 } }],
    ['a request of another form', { ...started, request: { targets: 'main' } }],
    ['a reason without a word', { ...finished, reasons: [{}] }],
    ['a table without rows', { ...finished, tables: [{ ...finished.tables[0], rows: undefined }] }],
    ['an outcome that is none', { ...finished, outcome: 'toString' }],
    ['a time that is no number', JSON.stringify(finished).replace('"ms":1.5', '"ms":1e999')],
    ['a result that is nested too deeply', deep(5000)],
  ])('are without %s', async (_what, line) => {
    expect(await kept(started, line, printed)).toEqual([started, printed])
  })

  it('may hold a result that is nested, and more than this version knows', async () => {
    const lines = [{ ...printed, colour: 'red' }, JSON.parse(deep(500)) as object]
    expect(await kept(...lines)).toEqual(lines)
  })
})

describe('the summary of a run that was kept', () => {
  it('is read as it was written', async () => {
    const { lake, run } = await withRecord({ 'summary.json': JSON.stringify(summary) })
    expect(await summaryOf(lake, run)).toEqual(summary)
  })

  it.each([
    'null',
    '7',
    '{"run"',
    JSON.stringify({ ...summary, flows: 'main' }),
    JSON.stringify({ ...summary, at: 5 }),
  ])('is made from its events where it is %s', async (text) => {
    const { lake, run } = await withRecord({ 'summary.json': text, 'events.jsonl': JSON.stringify(started) })
    expect(await summaryOf(lake, run)).toEqual({ run, env: 'dev', flows: ['main'], at })
  })
})

function deep(levels: number): string {
  return JSON.stringify(finished).replace('"ms"', `"result":${'['.repeat(levels)}${']'.repeat(levels)},"ms"`)
}
