import { partitionKey, partitionName } from '../contract/partition.ts'
import { ProblemError } from '../base/problem.ts'
import type { Json } from '../base/wire.ts'
import type { CheckResult } from '../engine/engine.ts'
import type { StepFindings } from '../freshness/findings.ts'
import { lateReason } from '../freshness/late.ts'
import { findPartitions, type FoundPartitions } from '../freshness/partition-facts.ts'
import type { PartitionPlan } from '../freshness/partition-plan.ts'
import type { Reason } from '../freshness/reason.ts'
import type { LateRows, StepPartitions, StepRecord } from '../lake/types.ts'
import { limitedSignal } from './cancel.ts'
import { discardStaged, stageOutputs, type ComputeAsk } from './compute.ts'
import type { StepFinished } from './events.ts'
import { changedMeanwhile } from './meanwhile.ts'
import type { BackfillAsk } from './partition-ask.ts'
import { checkWhole } from './partition-checks.ts'
import { computePartitions, queriesOf, type ComputedPartitions } from './partition-compute.ts'
import { countLate } from './partition-late.ts'
import { publishComputed, standingOf } from './partition-publish.ts'
import { planStep } from './partition-which.ts'
import { partlyDone } from './partition-record.ts'
import type { RunScope } from './scope.ts'
import { publish, recordOf, remember } from './step-commit.ts'
import { tellChecks } from './tell-checks.ts'
import { timedOut } from './timed-out.ts'

type Settled = Pick<StepFinished, 'outcome' | 'reasons' | 'tables' | 'result'>

/**
 * A step that works by partition, from the plan of its partitions to the one commit with all that were computed. Where
 * some failed, the others are published and the Problems thrown. Undefined when it must be judged anew.
 */
export async function settlePartitions(
  scope: RunScope,
  findings: StepFindings,
  record: StepRecord | undefined,
  reasons: readonly Reason[],
): Promise<Settled | undefined> {
  const { step } = findings
  const found = await findPartitions(scope.workspace.lake, findings, record)
  const plan = planStep(found, record, reasons, scope.backfill)
  const late = await countLate(scope, step, found, plan.late)
  const told = reasons.map((reason) =>
    scope.backfill && reason.word === 'forced' ? asked(scope.backfill) : reason,
  )
  if (plan.stale.length + plan.removed.length === 0 && found.outputs.size === step.outputs.length)
    return settleIdle(scope, findings, found, plan, late, record, told)
  return runPartitions(scope, findings, found, plan, late, record, told)
}

/** `forced backfill from 2019-01 to 2019-03`. */
function asked({ from, to, reprocess = 'missing' }: BackfillAsk): Reason {
  const range = `${from === undefined ? '' : ` from ${from}`}${to === undefined ? '' : ` to ${to}`}`
  return { word: 'forced', detail: `backfill${range}${reprocess === 'missing' ? '' : `, ${reprocess}`}` }
}

/** Nothing is to be computed: the environment remembers what was found, so that it is not looked at again. */
async function settleIdle(
  scope: RunScope,
  findings: StepFindings,
  found: FoundPartitions,
  plan: PartitionPlan,
  late: readonly LateRows[],
  record: StepRecord | undefined,
  reasons: readonly Reason[],
): Promise<Settled | undefined> {
  const { step, state } = findings
  const partitions = partitionsOf(found, late, plan.left, record, [], 0)
  const told = lateReason(step.name, partitions)
  const quiet: Reason = {
    word: 'accepted',
    subject: 'partitions',
    detail: 'what changed is in none of its partitions',
  }
  const moved =
    record === undefined ||
    step.outputs.some(({ table }) => record.outputs[table.name] !== state.heads.get(table.name)?.version)
  const heads = Object.fromEntries(
    step.outputs.flatMap(({ table }) => {
      const head = moved ? state.heads.get(table.name) : undefined
      if (!head) return []
      const { seq: _seq, commit: _commit, ...rest } = head
      return [[table.name, { head: rest, unchanged: true }]]
    }),
  )
  const base = moved
    ? recordOf(scope, findings, heads, {}, new Date(scope.now()).toISOString())
    : keptRecord(record, findings)
  const next = partlyDone({ ...base, partitions }, record, found, reasons)
  const tables = await publish(scope, findings, next, heads, moved ? 'publish' : 'accept')
  return tables && { outcome: 'fresh', reasons: told ? [told] : [quiet], tables: [], result: record?.result }
}

function keptRecord(record: StepRecord, findings: StepFindings): Omit<StepRecord, 'commit'> {
  const { held: _held, from: _from, commit: _commit, ...kept } = record
  const { fingerprint, parts, step } = findings
  return { ...kept, fingerprint, parts, args: step.args }
}

async function runPartitions(
  scope: RunScope,
  findings: StepFindings,
  found: FoundPartitions,
  plan: PartitionPlan,
  late: readonly LateRows[],
  record: StepRecord | undefined,
  reasons: readonly Reason[],
): Promise<Settled | undefined> {
  const { step } = findings
  const { workspace, pool } = scope
  scope.emit({ event: 'step-started', step: step.name, notebook: step.notebook, reasons, attempt: 1 })
  scope.emit({
    event: 'partitions-planned',
    step: step.name,
    stale: plan.stale.length,
    removed: plan.removed.length,
    fresh: plan.fresh,
    late: plan.late.length,
    left: plan.left.length,
    partitions: plan.stale.slice(0, 20).map(({ values }) => partitionName(found.facts.partition.by, values)),
  })
  const { timeout, process: share } = scope.limitsOf(step)
  const limited = limitedSignal(scope.signal, timeout)
  const stagings = await stageOutputs(workspace.lake.storage, step)
  const checks: (readonly CheckResult[])[] = []
  try {
    const computedAt = new Date(scope.now()).toISOString()
    const about: ComputeAsk = {
      root: workspace.root,
      lake: workspace.lake,
      pool,
      findings,
      stagings,
      signal: limited.signal,
      share,
      loaded: () => scope.checkLoaded(step),
      printed: (stream, text, level) =>
        scope.emit({ event: 'step-printed', step: step.name, stream, text, ...(level && { level }) }),
    }
    const names = step.outputs.map(({ table }) => table.name)
    const wanted = plan.stale.map(({ values }) => values)
    // A worker renders while we look at files.
    const [rendered, standing] = await Promise.all([
      queriesOf(about, plan.stale[0]),
      standingOf(workspace.lake, found, names, wanted),
    ])
    const ask: ComputeAsk = { ...about, standing }
    const done = await computePartitions(scope, findings, found, plan.stale, ask, rendered)
    checks.push(done.checks)
    limited.signal.throwIfAborted()
    const problems = done.failed.flatMap((each) => each.problems)
    if (done.computed.length === 0 && problems.length > 0) throw new ProblemError(problems)
    if (await changedMeanwhile(scope, findings)) return undefined
    const change = { computed: done.computed, removed: plan.removed }
    await checkWhole(scope, findings, found, ask, change, (results) => checks.push(results))
    const around = { lake: workspace.lake, pool, engine: workspace.engine, signal: scope.signal }
    const heads = await publishComputed(around, findings, found, stagings, standing, change)
    const failed = done.failed.map(({ values }) => values)
    const partitions = partitionsOf(found, late, plan.left, record, failed, done.untried)
    const computed = { ...resultsOf(found, done), ...digestsOf(done) }
    const made = recordOf(scope, findings, heads, computed, computedAt)
    const next = partlyDone({ ...made, partitions }, record, found, reasons)
    const tables = await publish(scope, findings, next, heads, 'publish')
    if (!tables) return undefined
    // What is fresh says so by its reasons; here they are why it ran.
    const told = lateReason(step.name, partitions)
    if (told)
      scope.emit({ event: 'notice', level: 'warn', step: step.name, message: told.detail ?? told.word })
    if (problems.length > 0) throw new ProblemError(problems)
    const isWhole = late.length + failed.length + plan.left.length === 0
    if (isWhole) await remember(scope, findings, heads, { staged: [], ...computed }, computedAt)
    return { outcome: 'ran', reasons, tables, result: computed.result }
  } catch (error) {
    if (limited.timedOut()) throw timedOut(step, timeout)
    throw error
  } finally {
    limited.clear()
    await tellChecks(scope, step, together(checks.flat()))
    await discardStaged(workspace.lake.storage, stagings)
  }
}

/** What is remembered of the partitions: those that failed before and were not asked for now have failed still. */
function partitionsOf(
  { facts: { partition, shared }, as }: FoundPartitions,
  late: readonly LateRows[],
  left: PartitionPlan['left'],
  record: StepRecord | undefined,
  failedNow: readonly (readonly string[])[],
  untried: number,
): StepPartitions {
  const waiting = new Set(left.map(partitionKey))
  const still = (record?.partitions?.failed ?? []).filter((values) => waiting.has(partitionKey(values)))
  const failed = [...still, ...failedNow]
  const others = left.length - still.length + untried
  return {
    ...partition,
    base: shared,
    as,
    ...(late.length > 0 && { late }),
    ...(failed.length > 0 && { failed }),
    ...(others > 0 && { left: others }),
  }
}

/** What the notebook returned, by partition: of the partitions that were computed now. */
function resultsOf(
  { facts: { partition } }: FoundPartitions,
  { computed }: ComputedPartitions,
): { result?: Json } {
  const results = computed.flatMap(({ plan, result }) =>
    result === undefined ? [] : [[partitionName(partition.by, plan.values), result] as const],
  )
  return results.length > 0 ? { result: Object.fromEntries(results) } : {}
}

/** The digests of the queries, where they are those of all partitions. */
function digestsOf({ computed, readsPartition }: ComputedPartitions) {
  const queryDigests = readsPartition ? undefined : computed[0]?.queryDigests
  return queryDigests ? { queryDigests } : {}
}

const gravity = ['passed', 'skipped', 'warned', 'rejected', 'failed']

/** One result for each check: the worst of all partitions, with the rows of all. */
function together(results: readonly CheckResult[]): CheckResult[] {
  const merged = new Map<string, CheckResult>()
  for (const result of results) {
    const key = `${result.table}\n${result.check}`
    const known = merged.get(key)
    const worst = known && gravity.indexOf(known.outcome) >= gravity.indexOf(result.outcome) ? known : result
    merged.set(key, { ...worst, rows: result.rows + (known?.rows ?? 0) })
  }
  return [...merged.values()]
}
