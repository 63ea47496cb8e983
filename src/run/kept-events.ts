import {
  isCount,
  isFlag,
  isNumber,
  isOneOf,
  isShallow,
  isText,
  isTime,
  listOf,
  maybe,
  objectOf,
  valuesOf,
  type Form,
} from '../base/form.ts'
import type { Place, Problem } from '../base/problem.ts'
import type { Delivered } from '../freshness/target-files.ts'
import type { Reason } from '../freshness/reason.ts'
import type { IncrementalDone } from '../lake/types.ts'
import type { RunProcess, RunRequest } from './asked.ts'
import type {
  DataChecked,
  Notice,
  Outcome,
  PartitionFinished,
  PartitionsPlanned,
  PluginFailed,
  RunEvent,
  RunFinished,
  RunStarted,
  RunSummary,
  SourceRead,
  StepFinished,
  StepPlanned,
  StepPrinted,
  StepRetried,
  StepStarted,
  WrittenTable,
} from './events.ts'

/** How deep what a notebook returned may be nested: what writes it again as JSON needs stack for each level. */
const deepest = 1000

const names = listOf(isText)
const place = objectOf<Place>({ file: isText, line: maybe(isCount), column: maybe(isCount) })
const reasons = listOf(
  objectOf<Reason>({ word: isText, subject: maybe(isText), detail: maybe(isText), where: maybe(place) }),
)
const problem = objectOf<Problem>({
  code: isText,
  severity: maybe(isOneOf('warn')),
  message: isText,
  where: maybe(place),
  related: maybe(listOf(objectOf({ message: isText, where: maybe(place) }))),
  hint: maybe(isText),
})
const delivered = objectOf<Delivered>({ target: isText, rows: isCount, files: maybe(valuesOf(isText)) })
const problems = listOf(problem)
const outcome = isOneOf<Outcome>('ran', 'reused', 'fresh', 'failed', 'blocked', 'cancelled')
/** How many steps ended in each way, each of a form. */
const counts = (form: Form): { readonly [O in Outcome]: Form } => ({
  ran: form,
  reused: form,
  fresh: form,
  failed: form,
  blocked: form,
  cancelled: form,
})

const request = objectOf<RunRequest>({
  targets: names,
  notebook: maybe(isText),
  select: maybe(names),
  from: maybe(isText),
  args: maybe(valuesOf(isText)),
  force: maybe(isFlag),
  concurrency: maybe(isCount),
  keepGoing: maybe(isFlag),
  noCache: maybe(isFlag),
})
// 0 and less name groups of processes.
const pid: Form = (value) => isCount(value) && Number(value) > 0
const runProcess = objectOf<RunProcess>({ host: isText, pid, began: maybe(isText) })
const written = objectOf<WrittenTable>({
  table: isText,
  version: isText,
  seq: isCount,
  rows: isCount,
  bytes: isCount,
  unchanged: isFlag,
})

const incremental = objectOf<IncrementalDone>({
  byChanges: names,
  full: maybe(isText),
  changes: maybe(
    valuesOf(
      objectOf<NonNullable<IncrementalDone['changes']>[string]>({
        added: maybe(isCount),
        removed: maybe(isCount),
        files: maybe(isCount),
        since: maybe(isText),
      }),
    ),
  ),
})

const happened = { event: isText, at: isTime, run: isText }
const forms: { readonly [E in RunEvent['event']]: Form } = {
  'run-started': objectOf<RunStarted>({
    ...happened,
    flow: isText,
    env: isText,
    storage: isText,
    steps: names,
    request: maybe(request),
    process: maybe(runProcess),
    resumes: maybe(isText),
  }),
  'step-planned': objectOf<StepPlanned>({
    ...happened,
    step: isText,
    verdict: isOneOf<StepPlanned['verdict']>('fresh', 'stale', 'may-run'),
    reasons,
  }),
  'step-started': objectOf<StepStarted>({
    ...happened,
    step: isText,
    notebook: isText,
    reasons,
    attempt: isCount,
  }),
  'step-printed': objectOf<StepPrinted>({
    ...happened,
    step: isText,
    stream: isOneOf<StepPrinted['stream']>('stdout', 'stderr', 'log'),
    level: maybe(isOneOf('debug', 'info', 'warn', 'error')),
    text: isText,
  }),
  'step-retried': objectOf<StepRetried>({
    ...happened,
    step: isText,
    attempt: isCount,
    of: isCount,
    pause: isNumber,
    problems,
  }),
  'partitions-planned': objectOf<PartitionsPlanned>({
    ...happened,
    step: isText,
    stale: isCount,
    removed: isCount,
    fresh: isCount,
    late: isCount,
    left: isCount,
    partitions: names,
  }),
  'partition-finished': objectOf<PartitionFinished>({
    ...happened,
    step: isText,
    partition: isText,
    outcome: isOneOf<PartitionFinished['outcome']>('ran', 'failed'),
    done: isCount,
    of: isCount,
    ms: isNumber,
    problems,
  }),
  'data-checked': objectOf<DataChecked>({
    ...happened,
    step: isText,
    table: isText,
    check: isText,
    severity: isOneOf<DataChecked['severity']>('warn', 'error'),
    outcome: isOneOf<DataChecked['outcome']>('passed', 'warned', 'rejected', 'failed', 'skipped'),
    rows: isCount,
    message: maybe(isText),
    rejects: maybe(isText),
    failures: maybe(isText),
    where: maybe(place),
  }),
  'source-read': objectOf<SourceRead>({
    ...happened,
    step: isText,
    source: isText,
    files: isCount,
    rows: maybe(isCount),
    rejected: maybe(isCount),
    rejects: maybe(isText),
  }),
  'step-finished': objectOf<StepFinished>({
    ...happened,
    step: isText,
    notebook: isText,
    outcome,
    reasons,
    tables: listOf(written),
    ms: isNumber,
    problems,
    blockedBy: maybe(names),
    result: () => true,
    delivered: maybe(delivered),
    incremental: maybe(incremental),
  }),
  notice: objectOf<Notice>({
    ...happened,
    level: isOneOf<Notice['level']>('info', 'warn'),
    step: maybe(isText),
    message: isText,
  }),
  'plugin-failed': objectOf<PluginFailed>({ ...happened, plugin: isText, problem }),
  'run-finished': objectOf<RunFinished>({
    ...happened,
    flow: isText,
    env: isText,
    ms: isNumber,
    counts: objectOf<RunFinished['counts']>(counts(isCount)),
    commit: maybe(isCount),
  }),
}

const known: ReadonlyMap<string, Form> = new Map(Object.entries(forms))

/** Whether what stands in the record of a run is its summary, whole. */
export const isKeptSummary: (value: unknown) => value is RunSummary = objectOf<RunSummary>({
  run: isText,
  env: isText,
  flows: names,
  at: isTime,
  ended: maybe(isTime),
  counts: maybe(objectOf(counts(maybe(isCount)))),
})

/** Whether what stands in the record of a run is an event that this version of Sluice knows, whole. */
export function isKeptEvent(value: unknown): value is RunEvent {
  const found = value as { readonly event?: unknown } | null | undefined
  const form = typeof found?.event === 'string' ? known.get(found.event) : undefined
  return form !== undefined && form(value) && isShallow(value, deepest)
}
