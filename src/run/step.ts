import { ProblemError } from '../base/problem.ts'
import type { DeclaredSource } from '../contract/spec.ts'
import type { CheckResult } from '../engine/engine.ts'
import type { DeclaredStep } from '../flow/declared.ts'
import { lookAtStep, type StepFindings } from '../freshness/findings.ts'
import { partitionedInputs } from '../flow/partition-inputs.ts'
import { lateReason } from '../freshness/late.ts'
import { acceptedPartitions } from '../freshness/partition-facts.ts'
import type { Reason } from '../freshness/reason.ts'
import { stepKey } from '../freshness/step-key.ts'
import { isExpired, judge } from '../freshness/verdict.ts'
import type { StepRecord } from '../lake/types.ts'
import { tryAccept } from './accept.ts'
import { compute, discardStaged, stageOutputs, type ComputeAsk, type Computed } from './compute.ts'
import { deliverStep } from './deliver.ts'
import type { StepFinished } from './events.ts'
import { computeIncremental } from './compute-incremental.ts'
import { limitedSignal } from './cancel.ts'
import { judgedAgain } from './continued.ts'
import { stepProblems } from './failures.ts'
import { publishOutputs } from './publish.ts'
import { detailOfRecord } from './record-detail.ts'
import { findReusable } from './reuse.ts'
import type { RunScope } from './scope.ts'
import { publish, recordOf, remember } from './step-commit.ts'
import { withRetries } from './retry.ts'
import { standingTables } from './standing.ts'
import type { Slot } from './slots.ts'
import { changedMeanwhile, unlessMoved } from './meanwhile.ts'
import { settlePartitions } from './partition-step.ts'
import { keptRows, tellChecks } from './tell-checks.ts'
import { tellSources } from './tell-sources.ts'
import { timedOut } from './timed-out.ts'

/** How often a step is judged anew, because its inputs or code changed while it was computed. */
const rounds = 5

type Settled = Pick<StepFinished, 'outcome' | 'reasons' | 'tables' | 'result' | 'delivered' | 'incremental'>

/**
 * One step, from verdict to commit: fresh, forgiven, reused, or computed, checked and published. Throws what
 * went wrong; then nothing of the step is published.
 */
export async function settleStep(scope: RunScope, step: DeclaredStep, slot: Slot): Promise<Settled> {
  const tries = retrying(scope, step, slot)
  for (let round = 1; round <= rounds; round++) {
    scope.signal.throwIfAborted()
    // What is judged anew is judged by what others have published meanwhile; a target outside knows of that anyway.
    const late = round > 1 || step.kind === 'deliver'
    const state = late ? await scope.committer.renewed() : scope.committer.state()
    const record = state.steps.get(stepKey(step, scope.flow.name))
    const findings = await withRetries(tries, (attempt) => {
      // What could not be asked when all steps were looked at was the first try.
      const unseen = attempt === 1 && round === 1 ? scope.unseen(step.name) : undefined
      if (unseen) throw unseen
      return lookAtStep(scope.around, step, state, {
        forced: scope.forced.has(step.name),
        ...(record && { record }),
      })
    })
    const { fresh, reasons } = judgedAgain(judge(findings, record, state), record, scope.continued)
    if (fresh) return { outcome: 'fresh', reasons, tables: [], result: record?.result }
    const settled =
      (record && (await forgive(scope, findings, record, reasons))) ??
      (await reuse(scope, findings, reasons)) ??
      (await ranOnce(scope, findings, record, reasons, tries, round === rounds))
    if (settled) return settled
    for (const { kind, origin } of step.inputs)
      if (kind === 'source') scope.around.elsewhere?.forget(origin as DeclaredSource)
  }
  throw new ProblemError({
    code: 'step/unstable',
    message: `step '${step.name}': its inputs, its code or what other runs publish of it changed ${rounds} times while it was computed`,
    ...(step.where && { where: step.where }),
    hint: 'run again when files and other runs are at rest',
  })
}

/** In the last round, what goes wrong is told even where sources have changed meanwhile. */
function ranOnce(
  scope: RunScope,
  findings: StepFindings,
  record: StepRecord | undefined,
  reasons: readonly Reason[],
  tries: Parameters<typeof withRetries>[0],
  last: boolean,
): Promise<Settled | undefined> {
  const { step } = findings
  const unlessLater = <T>(work: () => Promise<T>) => (last ? work() : unlessMoved(scope, findings, work))
  if (step.partition) return unlessLater(() => settlePartitions(scope, findings, record, reasons))
  const once = step.kind === 'deliver' ? deliverStep : runStep
  return withRetries(tries, (attempt) => unlessLater(() => once(scope, findings, reasons, attempt)))
}

/** How a step is tried again, in looking at it and in computing it together; what failed is told each time. */
function retrying(scope: RunScope, step: DeclaredStep, slot: Slot): Parameters<typeof withRetries>[0] {
  const { signal, workspace } = scope
  const policy = scope.limitsOf(step).retries
  return {
    policy,
    signal,
    tries: { failed: 0 },
    rest: (ms) => slot.rest(ms, signal),
    failed: ({ attempt, pause, error }) => {
      const problems = stepProblems(error, step, workspace.root)
      scope.emit({ event: 'step-retried', step: step.name, attempt, of: policy.times + 1, pause, problems })
    },
  }
}

async function forgive(
  scope: RunScope,
  findings: StepFindings,
  record: StepRecord,
  reasons: readonly Reason[],
): Promise<Settled | undefined> {
  // What is read by partition is looked at by partition.
  const parted = new Set(partitionedInputs(findings.step).map(({ handle }) => handle))
  if (reasons.some(({ subject }) => subject !== undefined && parted.has(subject))) return undefined
  const { workspace, pool, signal } = scope
  const around = { lake: workspace.lake, pool, engine: workspace.engine, signal, root: workspace.root }
  const loaded = () => scope.checkLoaded(findings.step)
  const acceptance = await tryAccept({ ...around, loaded }, findings, record, reasons)
  if (!acceptance) return undefined
  // The details of this verdict are in the commit that is about to be made.
  const { held: _ended, from: _from, commit: _commit, ...kept } = record
  const next: Omit<StepRecord, 'commit'> = {
    ...kept,
    fingerprint: findings.fingerprint,
    parts: findings.parts,
    args: findings.step.args,
    accepted: [...(record.accepted ?? []), ...acceptance.accepted].slice(-20),
    ...(acceptance.queries && { queries: acceptance.queries }),
    ...(kept.partitions && { partitions: acceptedPartitions(findings, kept.partitions) }),
  }
  const done = await publish(scope, findings, next, {}, 'accept')
  const late = lateReason(findings.step.name, record.partitions)
  const told = late ? [...acceptance.reasons, late] : acceptance.reasons
  return done && { outcome: 'fresh', reasons: told, tables: [], result: record.result }
}

async function reuse(
  scope: RunScope,
  findings: StepFindings,
  reasons: readonly Reason[],
): Promise<Settled | undefined> {
  const { step } = findings
  const hidden = reasons.some(({ word }) => word === 'untracked' || word === 'volatile')
  if (!scope.useCache || hidden || step.outputs.length === 0) return undefined
  const { reusable } = await findReusable(scope.workspace.lake, findings)
  if (!reusable) return undefined
  const { by, computedAt, result } = reusable.entry
  // Forced means computed anew: by this run, or by the one that it continues.
  const forced = reasons.some(({ word }) => word === 'forced')
  if (forced && !(scope.continued && computedAt >= scope.continued.since)) return undefined
  // Age counts from the computation, also when its result is reused.
  if (isExpired(step, computedAt, Date.now())) return undefined
  const heads = Object.fromEntries(
    Object.entries(reusable.heads).map(([table, head]) => [table, { head, unchanged: false }]),
  )
  const record = {
    ...recordOf(scope, findings, heads, { result }, computedAt),
    ...(by && { reused: by }),
  }
  const written = await publish(scope, findings, record, heads, 'publish')
  return written && { outcome: 'reused', reasons, tables: written, result }
}

async function runStep(
  scope: RunScope,
  findings: StepFindings,
  reasons: readonly Reason[],
  attempt: number,
): Promise<Settled | undefined> {
  const { step } = findings
  const { workspace, pool } = scope
  const { lake } = workspace
  scope.emit({ event: 'step-started', step: step.name, notebook: step.notebook, reasons, attempt })
  const { timeout, process: share } = scope.limitsOf(step)
  const limited = limitedSignal(scope.signal, timeout)
  const stagings = await stageOutputs(lake.storage, step)
  try {
    const computedAt = new Date().toISOString()
    const standing = await standingTables(lake, findings.state, step)
    const computed = await computeTold(scope, step, {
      root: workspace.root,
      lake,
      pool,
      findings,
      stagings,
      standing,
      signal: limited.signal,
      share,
      loaded: () => scope.checkLoaded(step),
      printed: (stream, text, level) =>
        scope.emit({ event: 'step-printed', step: step.name, stream, text, ...(level && { level }) }),
    })
    limited.signal.throwIfAborted()
    if (await changedMeanwhile(scope, findings)) return undefined
    tellSources(scope, findings, computed.sources)
    const around = { lake, pool, engine: workspace.engine, signal: scope.signal }
    const heads = await publishOutputs(around, findings, stagings, computed.staged, standing)
    const record = recordOf(scope, findings, heads, computed, computedAt)
    const written = await publish(scope, findings, record, heads, 'publish')
    if (written) await remember(scope, findings, heads, computed, computedAt)
    const { result, incremental } = computed
    return (
      written && { outcome: 'ran', reasons, tables: written, result, ...(incremental && { incremental }) }
    )
  } catch (error) {
    if (limited.timedOut()) throw timedOut(step, timeout)
    throw error
  } finally {
    limited.clear()
    await discardStaged(lake.storage, stagings)
  }
}

/** Computes, and tells what became of data checks, also when it fails. */
async function computeTold(scope: RunScope, step: DeclaredStep, ask: ComputeAsk): Promise<Computed> {
  const results: CheckResult[] = []
  try {
    const failures = { folder: scope.pool.tempFolder(), limit: keptRows }
    const whole = { ...ask, failures, checked: (more: readonly CheckResult[]) => void results.push(...more) }
    if (!step.incremental) return await compute(whole)
    const key = stepKey(step, scope.flow.name)
    const detail = (record: StepRecord) => detailOfRecord(scope.workspace, record, key)
    const record = ask.findings.state.steps.get(key)
    return await computeIncremental(whole, { record, detail })
  } finally {
    await tellChecks(scope, step, results)
  }
}
