import fc from 'fast-check'
import { openLake } from '../../src/lake/lake.ts'
import { eventLine, toldJson } from '../../src/report/json.ts'
import { githubAnnotations } from '../../src/report/github.ts'
import { junitXml } from '../../src/report/junit.ts'
import { markdownSummary } from '../../src/report/markdown.ts'
import { sarifLog } from '../../src/report/sarif.ts'
import { tableLines } from '../../src/report/table-text.ts'
import { textReport } from '../../src/report/text.ts'
import { agoText } from '../../src/report/time.ts'
import type { RunEvent, RunSummary } from '../../src/run/events.ts'
import { runEvents, runSummaries } from '../../src/run/lake-runs.ts'
import { lastUnfinished, unfinished } from '../../src/run/unfinished.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import { kind, type Kinds } from './kind.ts'
import { anyJson, mutated, replaced } from './texts.ts'

const at = '2026-01-01T00:00:00Z'
const where = { file: 'notebooks/x.ts', line: 3, column: 1 }
const problem = { code: 'step/failed', message: 'm', where, related: [{ message: 'r', where }], hint: 'h' }
const reason = { word: 'input-changed', subject: 'raw', detail: 'raw: 1 -> 2', where }
const counts = { ran: 1, reused: 0, fresh: 0, failed: 1, blocked: 0, cancelled: 0 }
const step = { step: 's', notebook: 'notebooks/x.ts' }
const written = { table: 'a.b', version: 'v', seq: 3, rows: 10, bytes: 100, unchanged: false }

/** One of each, as a run keeps them. */
const good = [
  { event: 'run-started', flow: 'f', env: 'dev', storage: './lake', steps: ['s'], request: { targets: ['f'], args: { n: '1' } }, process: { host: 'h', pid: 1, began: '5' }, resumes: '01k00000000000000000000000' },
  { event: 'step-planned', step: 's', verdict: 'stale', reasons: [reason] },
  { event: 'step-started', ...step, reasons: [reason], attempt: 2 },
  { event: 'step-printed', step: 's', stream: 'log', level: 'warn', text: 'x\ny\n' },
  { event: 'step-retried', step: 's', attempt: 1, of: 3, pause: 100, problems: [problem] },
  { event: 'data-checked', step: 's', table: 'a.b', check: 'c', severity: 'warn', outcome: 'warned', rows: 3, message: 'm', failures: 'k', where },
  { event: 'step-finished', ...step, outcome: 'ran', reasons: [reason], tables: [written], ms: 12, problems: [], result: { n: 1 } },
  { event: 'step-finished', ...step, outcome: 'failed', reasons: [], tables: [], ms: 12, problems: [problem] },
  { event: 'step-finished', ...step, outcome: 'blocked', reasons: [], tables: [], ms: 0, problems: [], blockedBy: ['r'] },
  { event: 'notice', level: 'warn', step: 's', message: 'm' },
  { event: 'plugin-failed', plugin: 'p', problem },
  { event: 'run-finished', flow: 'f', env: 'dev', ms: 20, counts, commit: 4 },
].map((event) => ({ at, run: 'r', ...event })) // prettier-ignore
const summary = { run: 'r', env: 'dev', flows: ['f'], at, ended: at, counts }

const lines = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...good).chain(replaced) },
      { weight: 2, arbitrary: fc.constantFrom(...good) },
      { weight: 1, arbitrary: anyJson },
    ),
    { maxLength: 6 },
  )
  .map((all) => all.map((each) => JSON.stringify(each) ?? '').join('\n'))
const records = fc.record({
  events: fc.oneof({ weight: 6, arbitrary: lines }, { weight: 1, arbitrary: deepLines() }),
  summary: fc.option(
    fc.oneof(
      replaced(summary).map((each) => JSON.stringify(each)),
      anyJson.map((each) => JSON.stringify(each) ?? ''),
      mutated([JSON.stringify(summary)]),
    ),
    { nil: undefined },
  ),
})

/** Results that are nested so deep that writing them again would need more stack than there is. */
function deepLines(): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom(...good), fc.constantFrom(900, 20_000)).map(([event, deep]) => {
    const text = JSON.stringify(event)
    return `${text.slice(0, -1)},"result":${'['.repeat(deep)}${']'.repeat(deep)}}`
  })
}

/** Reads the record of a run as `runs`, `resume` and all reports do. */
async function readRecord({ events, summary: kept }: { events: string; summary: string | undefined }) {
  const lake = await openLake(memoryStorage())
  const run = lake.runs.newId()
  await lake.runs.put(run, 'events.jsonl', events)
  if (kept !== undefined) await lake.runs.put(run, 'summary.json', kept)
  tellAll(await runEvents(lake, run))
  listAll(await runSummaries(lake, 20))
  const last = await lastUnfinished(lake)
  if (last) await unfinished(lake, last)
}

/** Tells events in every form that there is. */
function tellAll(events: readonly RunEvent[]): void {
  const report = textReport({ line: () => undefined })
  const narrow = textReport({ line: () => undefined, form: 'terminal', width: () => 40 })
  for (const event of events) {
    report.event(event)
    narrow.event(event)
    eventLine(event)
  }
  const told = { events, problems: [] }
  for (const view of [junitXml, githubAnnotations, markdownSummary, toldJson]) view(told)
  sarifLog(told, '1.0.0')
}

function listAll(runs: readonly RunSummary[]): void {
  const rows = runs.map((each) => [each.run, agoText(each.at, new Date()), each.flows.join(', '), each.env])
  tableLines([{ title: 'run' }, { title: 'when' }, { title: 'flow' }, { title: 'env' }], rows, { width: 60 })
}

/** Takes for an event whatever says that it is one: a reader that is wrong. */
export const trustingReader: Kinds = {
  'wrong: takes all for events': kind(0, lines, (text) =>
    tellAll(
      text.split('\n').flatMap((line) => (line.startsWith('{"at"') ? (JSON.parse(line) as RunEvent) : [])),
    ),
  ),
}

/** The records of runs. */
export const recordKinds: Kinds = {
  'records of runs': kind(3000, records, readRecord),
}
