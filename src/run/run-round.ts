import { availableParallelism } from 'node:os'
import { poolsOf } from '../flow/pools.ts'
import type { ResolvedStep } from '../flow/resolve.ts'
import { stepKey } from '../freshness/step-key.ts'
import { isAsSeen, lookAtSteps } from './code-facts.ts'
import { orCancelled, unlessCancelled } from './cancel.ts'
import { committerByRun, committerByStep } from './committer.ts'
import { isBad, rootsOfBlock, type Endings } from './endings.ts'
import { stepProblems } from './failures.ts'
import type { PlannedFlow, RunParts } from './planned.ts'
import type { RunScope } from './scope.ts'
import { CodeChanged } from './meanwhile.ts'
import { keepPinned } from './pin.ts'
import { enginesOf } from './reach.ts'
import { Slots, type Slot } from './slots.ts'
import { settleStep } from './step.ts'
import { stepLimits } from './step-limits.ts'
import { surveyToRun, type JudgedStep } from './survey.ts'

type Surveyed = ReadonlyMap<string, JudgedStep>

/** What became of a round. */
export interface Round {
  /** Some steps have no end, because the code of the flow changed and must be loaded anew. */
  readonly codeChanged: boolean
  /** Nothing was published, because other runs have changed the same tables since. */
  readonly moved: boolean
  readonly commit?: number
}

/** Looks at all steps and runs what is stale. */
export async function runRound(parts: RunParts, planned: PlannedFlow, ended: Endings): Promise<Round> {
  const { workspace, events, options } = parts
  const { resolved, edges, codeOf, statOf, selected } = planned
  const around = { ...workspace, codeOf }
  const state = await workspace.env.state()
  const byRun = resolved.flow.publish === 'run'
  // Of what an earlier round did, a flow that publishes as a whole has published nothing.
  const isDone = (name: string) => ended.has(name) && !isBad(ended.outcome(name)) && !byRun
  const forced = new Set(options.force ? [...selected].filter((name) => !isDone(name)) : [])
  const { continued } = parts
  const looking = () => surveyToRun({ around, flow: resolved, selected, state, forced, continued })
  const surveyed = await orCancelled(unlessCancelled(options.signal, looking))
  if (surveyed === undefined) {
    for (const step of resolved.steps)
      if (selected.has(step.name) && !ended.has(step.name)) ended.end(step, { outcome: 'cancelled' })
    return { codeChanged: false, moved: false }
  }
  const stale: ResolvedStep[] = []
  for (const step of resolved.steps) {
    const seen = surveyed.get(step.name)
    if (!seen) continue
    if (seen.verdict !== 'fresh') {
      stale.push(step)
      events.emit({ event: 'step-planned', step: step.name, verdict: seen.verdict, reasons: seen.reasons })
    } else if (!isDone(step.name)) {
      ended.end(step, {
        outcome: 'fresh',
        reasons: seen.reasons,
        result: state.steps.get(stepKey(step, resolved.flow.name))?.result,
      })
    }
  }
  if (stale.length === 0) return { codeChanged: false, moved: false }
  const pool = parts.pools.get()
  pool.warm({
    engines: enginesOf(stale, pool.reach),
    worker: stale.some(({ kind }) => kind !== 'deliver'),
  })
  const opened = state.commit > 0 ? state : await workspace.env.opened(events.run)
  const committer = (byRun ? committerByRun : committerByStep)(
    workspace.env,
    opened,
    parts.repairs ? 'repair' : 'publish',
  )
  const scope: RunScope = {
    workspace,
    flow: resolved.flow,
    run: events.run,
    around,
    committer,
    pool,
    signal: options.signal ?? new AbortController().signal,
    forced,
    ...(parts.continued && { continued: parts.continued }),
    useCache: !options.noCache && !parts.backfill,
    parallel: options.concurrency ?? workspace.project.config.concurrency ?? availableParallelism(),
    now: () => (options.now ?? new Date()).getTime(),
    ...(parts.backfill && { backfill: parts.backfill }),
    unseen: (step) => surveyed.get(step)?.unseen,
    limitsOf: (step) => stepLimits(step, workspace.project.config),
    emit: events.emit,
    checkLoaded: async ({ file }) => {
      if (!(await isAsSeen(workspace, file, statOf))) throw new CodeChanged('the code changed during the run')
    },
    lookAgain: () => lookAtSteps(workspace, edges),
  }
  // What a whole run publishes at its end is delivered after that.
  const late = byRun ? stale.filter(({ kind }) => kind === 'deliver') : []
  const soon = stale.filter((step) => !late.includes(step))
  const unpin = keepPinned(workspace.lake, events.run, workspace.envName, opened.commit)
  return unpinning(unpin, async () => {
    const codeChanged = await runStale(parts, scope, soon, surveyed, ended)
    const bad = soon.filter(({ name }) => isBad(ended.outcome(name)))
    const whole = !codeChanged && bad.length === 0
    // A flow that publishes as a whole publishes nothing when a step of it failed.
    const published = byRun && !whole ? { moved: false } : await committer.finish(events.run)
    if (codeChanged || published.moved || late.length === 0) return { codeChanged, ...published }
    if (!whole) {
      const blockedBy = rootsOfBlock(
        bad.map(({ name }) => name),
        ended,
      )
      for (const step of late)
        ended.end(step, { outcome: blockedBy.length > 0 ? 'blocked' : 'cancelled', blockedBy })
      return { codeChanged, ...published }
    }
    const delivering = committerByStep(workspace.env, await workspace.env.state())
    await runStale(parts, { ...scope, committer: delivering }, late, surveyed, ended)
    return { codeChanged, ...published, ...(await delivering.finish(events.run)) }
  })
}

async function unpinning<T>(unpin: () => Promise<void>, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } finally {
    await unpin()
  }
}

/** Runs steps as parallel as their tables allow, within the limit. True when code changed meanwhile. */
async function runStale(
  { options }: RunParts,
  scope: RunScope,
  stale: readonly ResolvedStep[],
  surveyed: Surveyed,
  ended: Endings,
): Promise<boolean> {
  const { config } = scope.workspace.project
  const most = options.concurrency ?? config.concurrency ?? availableParallelism()
  const slots = new Slots(most, config.pools)
  const keepGoing = options.keepGoing ?? config.keepGoing
  const pending = new Map<string, Promise<void>>()
  let stopped = false
  let codeChanged = false
  const settle = async (step: ResolvedStep, slot: Slot) => {
    if (codeChanged) return
    const reasons = surveyed.get(step.name)?.reasons ?? []
    const blockedBy = rootsOfBlock(step.upstream, ended)
    if (blockedBy.length > 0) return ended.end(step, { outcome: 'blocked', blockedBy, reasons })
    const isWaiting = step.upstream.some((name) => isBad(ended.outcome(name)))
    if (isWaiting || stopped || scope.signal.aborted)
      return ended.end(step, { outcome: 'cancelled', reasons })
    const begun = performance.now()
    try {
      const settled = await settleStep(scope, step, slot)
      ended.end(step, { ...settled, ms: performance.now() - begun })
    } catch (error) {
      const ms = performance.now() - begun
      if (scope.signal.aborted) return ended.end(step, { outcome: 'cancelled', reasons, ms })
      if (error instanceof CodeChanged) {
        codeChanged = true
        return
      }
      const problems = stepProblems(error, step, scope.workspace.root)
      ended.end(step, { outcome: 'failed', problems, reasons, ms })
      stopped ||= !keepGoing
    }
  }
  for (const step of stale) {
    const above = Promise.all(step.upstream.flatMap((name) => pending.get(name) ?? []))
    pending.set(
      step.name,
      above.then(() => slots.hold(poolsOf(step), (slot) => settle(step, slot))),
    )
  }
  await Promise.all(pending.values())
  return codeChanged
}
