import { availableParallelism } from 'node:os'
import pLimit from 'p-limit'
import type { ResolvedFlow, ResolvedStep } from '../flow/resolve.ts'
import type { Surroundings } from '../freshness/findings.ts'
import { stepKey } from '../freshness/step-key.ts'
import { lookAtSteps, type CodeOf, type EdgeDigests } from './code-facts.ts'
import { committerByRun, committerByStep } from './committer.ts'
import type { EventStream } from './event-stream.ts'
import type { Outcome, StepFinished } from './events.ts'
import { stepProblems } from './failures.ts'
import type { RunOptions } from './options.ts'
import type { Pool } from './pool.ts'
import type { RunScope } from './scope.ts'
import { settleStep } from './step.ts'
import { survey, type SurveyedStep } from './survey.ts'
import type { Workspace } from './workspace.ts'
import { parseDuration } from '../base/duration.ts'

export interface RunParts {
  readonly workspace: Workspace
  readonly pools: { readonly get: () => Pool }
  readonly events: EventStream
  readonly options: RunOptions
}

export interface PlannedFlow {
  readonly resolved: ResolvedFlow
  readonly edges: EdgeDigests
  readonly codeOf: CodeOf
  readonly selected: ReadonlySet<string>
}

type Ended = Omit<StepFinished, 'at' | 'run' | 'event'>

/** Runs one flow and tells what happens. Gives the end of every selected step. */
export async function runFlow(
  parts: RunParts,
  { resolved, edges, codeOf, selected }: PlannedFlow,
): Promise<StepFinished[]> {
  const { workspace, events, options } = parts
  const begun = performance.now()
  const steps = resolved.steps.filter(({ name }) => selected.has(name))
  const { name } = resolved.flow
  const around: Surroundings = { ...workspace, codeOf }
  const state = await workspace.env.state()
  events.emit({
    event: 'run-started',
    flow: name,
    env: workspace.envName,
    storage: workspace.lake.storage.place,
    steps: steps.map((step) => step.name),
  })
  const forced = options.force ? selected : new Set<string>()
  const surveyed = await survey(around, resolved, selected, state, forced)
  const stale = steps.filter((step) => surveyed.get(step.name)?.verdict !== 'fresh')
  const byRun = resolved.flow.publish === 'run'
  const committer = (byRun ? committerByRun : committerByStep)(workspace.env, state)
  const ended = new Map<string, StepFinished>()
  const end = (step: ResolvedStep, ending: Partial<Ended> & { outcome: Outcome }) => {
    const { step: _name, ...rest } = {
      reasons: [],
      tables: [],
      ms: 0,
      problems: [],
      ...ending,
      step: step.name,
    }
    ended.set(
      step.name,
      events.emit({
        event: 'step-finished',
        step: step.name,
        notebook: step.notebook,
        ...rest,
      }) as StepFinished,
    )
  }
  for (const step of steps) {
    const seen = surveyed.get(step.name) as SurveyedStep
    if (seen.verdict === 'fresh')
      end(step, { outcome: 'fresh', result: state.steps.get(stepKey(step, name))?.result })
    else events.emit({ event: 'step-planned', step: step.name, verdict: seen.verdict, reasons: seen.reasons })
  }
  if (stale.length > 0) {
    const pool = parts.pools.get()
    pool.warm({ engine: stale.some(({ kind }) => kind === 'select'), worker: true })
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
    await runStale(scope, stale, options, ended, end)
  }
  const commit = failedAny(ended) && byRun ? undefined : await committer.finish(events.run)
  const list = steps.flatMap((step) => ended.get(step.name) ?? [])
  events.emit({
    event: 'run-finished',
    flow: name,
    env: workspace.envName,
    ms: performance.now() - begun,
    counts: count(list),
    ...(commit !== undefined && { commit }),
  })
  return list
}

/** Runs steps as parallel as their tables allow, within the limit. */
async function runStale(
  scope: RunScope,
  stale: readonly ResolvedStep[],
  options: RunOptions,
  ended: ReadonlyMap<string, StepFinished>,
  end: (step: ResolvedStep, ending: Partial<Ended> & { outcome: Outcome }) => void,
): Promise<void> {
  const limit = pLimit(
    options.concurrency ?? scope.workspace.project.config.concurrency ?? availableParallelism(),
  )
  const pending = new Map<string, Promise<void>>()
  let stopped = false
  const settle = async (step: ResolvedStep) => {
    const blockedBy = step.upstream.filter((name) => isBad(ended.get(name)?.outcome))
    if (blockedBy.length > 0) return end(step, { outcome: 'blocked', blockedBy })
    if (stopped || scope.signal.aborted) return end(step, { outcome: 'cancelled' })
    const begun = performance.now()
    try {
      const settled = await settleStep(scope, step)
      end(step, { ...settled, ms: performance.now() - begun })
    } catch (error) {
      const ms = performance.now() - begun
      if (scope.signal.aborted) return end(step, { outcome: 'cancelled', ms })
      end(step, { outcome: 'failed', problems: stepProblems(error, step, scope.workspace.root), ms })
      stopped ||= !options.keepGoing
    }
  }
  for (const step of stale) {
    const above = step.upstream.flatMap((name) => pending.get(name) ?? [])
    pending.set(
      step.name,
      Promise.all(above).then(() => limit(() => settle(step))),
    )
  }
  await Promise.all(pending.values())
}

function isBad(outcome: Outcome | undefined): boolean {
  return outcome === 'failed' || outcome === 'blocked' || outcome === 'cancelled'
}

function failedAny(ended: ReadonlyMap<string, StepFinished>): boolean {
  return [...ended.values()].some(({ outcome }) => isBad(outcome))
}

function count(steps: readonly StepFinished[]): Record<Outcome, number> {
  const counts: Record<Outcome, number> = { ran: 0, reused: 0, fresh: 0, failed: 0, blocked: 0, cancelled: 0 }
  for (const { outcome } of steps) counts[outcome]++
  return counts
}
