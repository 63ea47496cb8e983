import { renderQueries } from './render-queries.ts'
import { unlessProblem } from '../base/problem.ts'
import { changesOf, type IncrementalMode } from '../contract/changes.ts'
import type { HeldRows } from '../engine/held-rows.ts'
import { judgeIncremental } from '../freshness/incremental.ts'
import type { StepDetail } from '../freshness/step-detail.ts'
import type { IncrementalDone, StepRecord } from '../lake/types.ts'
import { compute, emptied, type ComputeAsk, type Computed, type Prepared } from './compute.ts'
import { heldFiles } from './held-files.ts'
import { readByChanges, wrongReads } from './incremental-reads.ts'
import { addingRequest, readingOnly, wholeRequest, type Additions } from './incremental-request.ts'
import type { TracedQuery } from './protocol.ts'
import { changesSince, removalFault, takenOutByKey, type InputChanges } from './what-changed.ts'

/** What an environment remembers of a step, for computing what changed since. */
export interface Remembered {
  readonly record: StepRecord | undefined
  /** What the commit of the record kept of it. */
  readonly detail: (record: StepRecord) => Promise<StepDetail | undefined>
}

/** What is to be added, or why all is computed anew. */
type Work = { readonly full: string } | (Additions & { readonly told: IncrementalDone['changes'] })

/**
 * Computes an incremental step: what changed of its inputs since the last time, on top of what its tables hold. All is
 * computed anew where that would not give the same as computing all anew, with the reason.
 */
export async function computeIncremental(ask: ComputeAsk, remembered: Remembered): Promise<Computed> {
  const { step } = ask.findings
  const mode = step.incremental ?? 'append'
  const queries =
    step.kind === 'select'
      ? await renderQueries(ask.pool, ask.root, step, ask.signal, ask.printed)
      : undefined
  const reads = queries && new Set(queries.flatMap(({ query }) => query.relations))
  const work = await workOf(ask, mode, remembered, queries)
  if (!('full' in work)) {
    const done = await compute(ask, prepared(mode, work, queries, reads))
    const byChanges = done.byChanges ?? readByChanges(reads ?? [])
    if (done.mustBeFull === undefined)
      return withTold(done, { byChanges, ...(work.told && { changes: work.told }) })
    await emptied({ outputs: ask.stagings })
    return whole(ask, mode, done.mustBeFull, queries, reads)
  }
  return whole(ask, mode, work.full, queries, reads)
}

async function whole(
  ask: ComputeAsk,
  mode: IncrementalMode,
  full: string,
  queries: readonly TracedQuery[] | undefined,
  reads: ReadonlySet<string> | undefined,
): Promise<Computed> {
  const done = await compute(ask, prepared(mode, { full }, queries, reads))
  return withTold(done, { byChanges: done.byChanges ?? readByChanges(reads ?? []), full })
}

/** What was read of the changes of a source was read of the source; what its files hold is read once. */
function withTold(done: Computed, incremental: IncrementalDone): Computed {
  const sources = new Map(
    done.sources?.map((source) => {
      const handle = changesOf(source.handle)?.handle ?? source.handle
      return [handle, { ...source, handle }]
    }),
  )
  return { ...done, ...(done.sources && { sources: [...sources.values()] }), incremental }
}

function prepared(
  mode: IncrementalMode,
  work: Work,
  queries: readonly TracedQuery[] | undefined,
  reads: ReadonlySet<string> | undefined,
): Prepared {
  return {
    ...(queries && { queries }),
    adapt: (request) => {
      const adapted = 'full' in work ? wholeRequest(request, mode) : addingRequest(request, mode, work)
      return reads ? readingOnly(adapted, reads) : adapted
    },
  }
}

async function workOf(
  ask: ComputeAsk,
  mode: IncrementalMode,
  { record, detail }: Remembered,
  queries: readonly TracedQuery[] | undefined,
): Promise<Work> {
  const { findings } = ask
  const verdict = judgeIncremental(findings, record, findings.state)
  if ('full' in verdict || !record) return { full: 'full' in verdict ? verdict.full : '' }
  const { changed } = verdict
  // What code reads is known when it has run; queries are known before.
  const reads = queries && new Set(queries.flatMap(({ query }) => query.relations))
  const wrong = reads && wrongReads({ mode, full: false, changed }, reads)
  if (wrong !== undefined) return { full: wrong }
  const held = await heldRows(ask)
  if (!held) return { full: 'a file of its tables is gone or damaged' }
  const before = { record, detail: await detail(record) }
  const deletes = new Set(ask.findings.step.deletes)
  const sides = new Map<string, InputChanges['sides']>()
  const told: Record<string, NonNullable<IncrementalDone['changes']>[string]> = {}
  for (const input of changed) {
    const found = await changesSince(ask, findings, before, input)
    const fault = 'full' in found ? found.full : removalFault(findings.step, input, found, deletes)
    if ('full' in found || fault !== undefined) return { full: fault ?? '' }
    const { sides: own, rows, files, since } = found
    sides.set(input.handle, own)
    told[input.handle] = {
      ...rows,
      ...(files !== undefined && { files }),
      ...(since !== undefined && { since }),
    }
  }
  return { changed, sides, held: withTakenOut(ask, held, deletes), told }
}

/** What the tables of a step hold, by table; undefined where files of them are gone or damaged. */
async function heldRows({ lake, findings }: ComputeAsk): Promise<Map<string, HeldRows> | undefined> {
  const mode = findings.step.incremental ?? 'append'
  const held = new Map<string, HeldRows>()
  for (const { table, rejectsOfInput } of findings.step.outputs) {
    const head = findings.state.heads.get(table.name)
    const files = head && (await unlessProblem(() => heldFiles(lake, table.name, head)))
    if (!files) return undefined
    // What new files of a source reject comes beside what others did.
    held.set(table.name, { mode: rejectsOfInput === undefined ? mode : 'append', files })
  }
  return held
}

/** Tables that are merged lose the keys of removed rows, unless queries say which. */
function withTakenOut(
  { findings }: ComputeAsk,
  held: ReadonlyMap<string, HeldRows>,
  deletes: ReadonlySet<string>,
): Map<string, HeldRows> {
  const { inputs, outputs } = findings.step
  return new Map(
    outputs.flatMap(({ handle, table }) => {
      const rows = held.get(table.name)
      if (!rows) return []
      const own = rows.mode === 'append' || deletes.has(handle)
      return [[table.name, own ? rows : { ...rows, takeOut: takenOutByKey(table, inputs) }] as const]
    }),
  )
}
