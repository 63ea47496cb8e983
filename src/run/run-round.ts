import { availableParallelism } from 'node:os'
import pLimit from 'p-limit'
import { parseDuration } from '../base/duration.ts'
import type { ResolvedStep } from '../flow/resolve.ts'
import { stepKey } from '../freshness/step-key.ts'
import { lookAtSteps } from './code-facts.ts'
import { committerByRun, committerByStep } from './committer.ts'
import { isBad, type Endings } from './endings.ts'
import { stepProblems } from './failures.ts'
import type { PlannedFlow, RunParts } from './planned.ts'
import type { RunScope } from './scope.ts'
import { CodeChanged, settleStep } from './step.ts'
import { survey, type SurveyedStep } from './survey.ts'

type Surveyed = ReadonlyMap<string, SurveyedStep>

/**
 * Looks at all steps and runs what is stale. `codeChanged`: some steps have no end, because the code of the
 * flow changed and must be loaded anew.
 */
export async function runRound(
  parts: RunParts,
  planned: PlannedFlow,
  ended: Endings,
): Promise<{ codeChanged: boolean; commit?: number }> {
  const { workspace, events, options } = parts
  const { resolved, edges, codeOf, selected } = planned
  const around = { ...workspace, codeOf }
  const state = await workspace.env.state()
  const forced = new Set(options.force ? [...selected].filter((name) => !ended.has(name)) : [])
  const surveyed = await survey(around, resolved, selected, state, forced)
  const stale: ResolvedStep[] = []
  for (const step of resolved.steps) {
    const seen = surveyed.get(step.name)
    if (!seen) continue
    if (seen.verdict !== 'fresh') {
      stale.push(step)
      events.emit({ event: 'step-planned', step: step.name, verdict: seen.verdict, reasons: seen.reasons })
    } else if (!ended.has(step.name)) {
      ended.end(step, {
        outcome: 'fresh',
        result: state.steps.get(stepKey(step, resolved.flow.name))?.result,
      })
    }
  }
  if (stale.length === 0) return { codeChanged: false }
  const pool = parts.pools.get()
  pool.warm({ engine: stale.some(({ kind }) => kind === 'select'), worker: true })
  const byRun = resolved.flow.publish === 'run'
  const committer = (byRun ? committerByRun : committerByStep)(workspace.env, state)
  const scope: RunScope = {
    workspace,
    flow: resolved.flow,
    run: events.run,
    around,
    committer,
    pool,
    signal: options.signal ?? new AbortController().signal,
    forced,
    useCache: !options.noCache,
    timeout: parseDuration(workspace.project.config.timeout ?? ''),
    emit: events.emit,
    lookAgain: () => lookAtSteps(workspace, edges),
  }
  const codeChanged = await runStale(parts, scope, stale, surveyed, ended)
  const whole = !codeChanged && !stale.some(({ name }) => isBad(ended.outcome(name)))
  // A flow that publishes as a whole publishes nothing when a step of it failed.
  const commit = byRun && !whole ? undefined : await committer.finish(events.run)
  return { codeChanged, ...(commit !== undefined && { commit }) }
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
  const limit = pLimit(options.concurrency ?? config.concurrency ?? availableParallelism())
  const pending = new Map<string, Promise<void>>()
  let stopped = false
  let codeChanged = false
  const settle = async (step: ResolvedStep) => {
    if (codeChanged) return
    const reasons = surveyed.get(step.name)?.reasons ?? []
    const blockedBy = step.upstream.filter((name) => isBad(ended.outcome(name)))
    if (blockedBy.length > 0) return ended.end(step, { outcome: 'blocked', blockedBy, reasons })
    if (stopped || scope.signal.aborted) return ended.end(step, { outcome: 'cancelled', reasons })
    const begun = performance.now()
    try {
      const settled = await settleStep(scope, step)
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
      stopped ||= !options.keepGoing
    }
  }
  for (const step of stale) {
    const above = Promise.all(step.upstream.flatMap((name) => pending.get(name) ?? []))
    pending.set(
      step.name,
      above.then(() => limit(() => settle(step))),
    )
  }
  await Promise.all(pending.values())
  return codeChanged
}
