import type {
  DataChecked,
  Outcome,
  RunEvent,
  SourceRead,
  StepFinished,
  WrittenTable,
} from '../../src/run/events.ts'
import type { Reason } from '../../src/freshness/reason.ts'

/** Hand-made events: what a run would tell. */
const base = { at: '2026-01-02T03:04:05.000Z', run: '01kxy' }
const notebookOf = (step: string): string => `notebooks/${step}.ts`

export function started(steps: readonly string[]): RunEvent {
  return { ...base, event: 'run-started', flow: 'taxi', env: 'dev', storage: 'storage/lake', steps }
}

export function start(
  step: string,
  reasons: readonly Reason[] = [{ word: 'never-run' }],
  attempt = 1,
): RunEvent {
  return { ...base, event: 'step-started', step, notebook: notebookOf(step), reasons, attempt }
}

export function printed(step: string, text: string): RunEvent {
  return { ...base, event: 'step-printed', step, stream: 'stdout', text }
}

export function written(table: string, rows: number, more: Partial<WrittenTable> = {}): WrittenTable {
  return { table, version: '01kv', seq: 1, rows, bytes: rows * 10, unchanged: false, ...more }
}

export function checked(step: string, check: string, more: Partial<DataChecked> = {}): DataChecked {
  const rest = { severity: 'error', outcome: 'passed', rows: 0 } as const
  return { ...base, event: 'data-checked', step, table: 'silver.trips', check, ...rest, ...more }
}

/** A source with two files, of which some rows were rejected. */
export function sourceRead(step: string, rejected: number): SourceRead {
  const rejects = 'bronze.orders_rejects'
  return {
    ...base,
    event: 'source-read',
    step,
    source: 'raw.orders',
    files: 2,
    rows: 1234,
    rejected,
    rejects,
  }
}

export function finish(step: string, outcome: Outcome, more: Partial<StepFinished> = {}): StepFinished {
  const rest = { reasons: [], tables: [], ms: 1200, problems: [], ...more }
  return { ...base, event: 'step-finished', step, notebook: notebookOf(step), outcome, ...rest }
}

export function finished(counts: { readonly [O in Outcome]?: number }, ms = 2300): RunEvent {
  const none = { ran: 0, reused: 0, fresh: 0, failed: 0, blocked: 0, cancelled: 0 }
  return { ...base, event: 'run-finished', flow: 'taxi', env: 'dev', ms, counts: { ...none, ...counts } }
}

/** A run with a step of each kind. */
export const mixed: readonly RunEvent[] = [
  started(['ingest_trips', 'clean_trips', 'daily_revenue', 'zones', 'by_zone', 'old']),
  finish('old', 'fresh'),
  finish('zones', 'reused', { reasons: [{ word: 'never-run' }], tables: [written('silver.zones', 265)] }),
  start('ingest_trips', [{ word: 'input-changed', subject: 'files', detail: 'files: 2 of 12 files' }]),
  printed('ingest_trips', 'reading\n2 files\n'),
  finish('ingest_trips', 'ran', {
    reasons: [{ word: 'input-changed', subject: 'files', detail: 'files: 2 of 12 files' }],
    tables: [written('bronze.trips', 1234567, { seq: 3 })],
    ms: 2345,
  }),
  start('clean_trips', [{ word: 'code-changed', where: { file: 'notebooks/clean_trips.ts', line: 12 } }]),
  printed('clean_trips', 'fare -1\n'),
  finish('clean_trips', 'failed', {
    problems: [
      {
        code: 'contract/check',
        message: "table 'silver.trips': 3 rows break the check fare >= 0",
        where: { file: 'notebooks/clean_trips.ts', line: 7, column: 3 },
        related: [
          { message: 'the check is declared here', where: { file: 'notebooks/clean_trips.ts', line: 5 } },
        ],
        hint: 'leave such rows out in the query',
      },
    ],
    ms: 340,
  }),
  finish('daily_revenue', 'blocked', { blockedBy: ['clean_trips'] }),
  start('by_zone', [{ word: 'args-changed', subject: 'year', detail: '2018 -> 2019' }]),
  finish('by_zone', 'ran', {
    reasons: [{ word: 'args-changed', subject: 'year', detail: '2018 -> 2019' }],
    tables: [written('gold.by_zone', 1, { seq: 12, unchanged: true })],
    ms: 61_000,
  }),
  finished({ ran: 2, reused: 1, fresh: 1, failed: 1, blocked: 1 }, 64_000),
]
