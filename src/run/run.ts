import { availableParallelism } from 'node:os'
import path from 'node:path'
import { ProblemError } from '../base/problem.ts'
import type { DeclaredFlow } from '../flow/declared.ts'
import { checkSettings } from '../flow/pools.ts'
import { resolveFlow, type ResolvedFlow } from '../flow/resolve.ts'
import { beginConfigured } from './begin.ts'
import { declareFlow, type Declaration } from './declare.ts'
import { checkProtected, checkTakesRuns } from './protect.ts'
import { declareTargets, type Target } from './targets.ts'
import { exportAfter } from './export-delta.ts'
import { eventStream, type EventStream } from './event-stream.ts'
import type { StepFinished } from './events.ts'
import type { RunOptions, RunResult } from './options.ts'
import { engineMemory, Pool } from './pool.ts'
import type { BackfillAsk } from './partition-ask.ts'
import type { PlannedFlow } from './planned.ts'
import { askedOf } from './request.ts'
import type { Continued } from './asked.ts'
import { flowsAtRest, keepRest } from './rest.ts'
import { runFlow } from './run-flow.ts'
import { Cancelled, orCancelled, unlessCancelled } from './cancel.ts'
import { closeAll } from './close-all.ts'
import { selectedFlows, selectedSteps } from './selection.ts'
import { spillFolder } from './spill.ts'
import { layout } from '../storage/layout.ts'
import { resultsOf, tellResting, wholeFlows } from './tell-rest.ts'
import { openWorkspace, type CodeSpace, type Workspace } from './workspace.ts'

/**
 * Runs flows: what is stale runs, what is fresh is skipped, and each step says why. The journey is: load,
 * resolve, plan, and for each step verdict, compute, validate, commit, report.
 *
 * @param target a flow object, or names or files of flows and notebooks; all flows of the project when empty
 * @returns the outcome of every step; a failed step is an outcome, not an error
 * @throws ProblemError with all that is wrong with the project, before anything runs
 */
export function run(target: Target, options: RunOptions = {}): Promise<RunResult> {
  return runAgain(target, options)
}

/** The same, or the rest of a run that is continued. */
export async function runAgain(
  target: Target,
  options: RunOptions,
  continued?: Continued,
  { backfill, repairs = false }: { readonly backfill?: BackfillAsk; readonly repairs?: boolean } = {},
): Promise<RunResult> {
  const workspace = await openWorkspace({ ...options, projectRoot: options.projectRoot ?? rootOf(target) })
  const pools = lazyPool(workspace, options)
  const events = eventStream(workspace, options)
  // What computes some partitions is no run that can be continued.
  const { request, ...who } = askedOf(target, options, continued)
  const asked = { ...who, ...(request && !backfill && { request }) }
  if (continued) events.emit({ event: 'notice', level: 'info', message: continued.told })
  try {
    checkTakesRuns(workspace)
    const files = wholeFlows(workspace, target, options)
    const resting = files && (await flowsAtRest(workspace, files))
    if (resting) return tellResting(workspace, events, resting)
    const declare = () => declareTargets(workspace, target, options.args ?? {}, pools.get)
    const flows = await orCancelled(unlessCancelled(options.signal, declare, pools.stop))
    if (!flows) return resultOf(workspace, events, [], [], options)
    checkProtected(workspace, flows)
    checkSettings(
      flows.map(({ flow }) => flow),
      workspace.project.config,
    )
    await beginConfigured(workspace, events)
    await unlessCancelled(options.signal, () => attachPlugins(workspace, flows, events), pools.stop)
    const all = flows.map((declaration) => plannedFlow(workspace, declaration, options, pools.get))
    const planned = selectedFlows(all, ({ resolved }) => resolved, options)
    const steps: StepFinished[] = []
    for (const each of planned) {
      steps.push(
        ...(await runFlow(
          {
            workspace,
            pools,
            events,
            options,
            asked,
            ...(continued && { continued }),
            ...(backfill && { backfill }),
            ...(repairs && { repairs }),
          },
          each,
        )),
      )
      const goesOn = options.keepGoing ?? workspace.project.config.keepGoing
      if (options.signal?.aborted || (failed(steps) && !goesOn)) break
    }
    await exportAfter(workspace, events, steps)
    if (files && steps.every(isAtRest)) await keepRest(workspace, files, planned, steps)
    return resultOf(
      workspace,
      events,
      planned.map(({ resolved }) => resolved),
      steps,
      options,
    )
  } finally {
    await closeAll(events, pools, workspace)
  }
}

/** Plugins cost a process: it is started only where a project or a flow lists some. */
async function attachPlugins(
  workspace: Workspace,
  flows: readonly Declaration[],
  events: EventStream,
): Promise<void> {
  const modules = workspace.project.config.plugins
  const files = flows.filter(({ flow }) => flow.plugins.length > 0).map(({ flow }) => flow.file)
  if (modules.length + files.length === 0) return
  const { PluginHost } = await import('./plugin-host.ts')
  events.attach(await PluginHost.start(workspace.root, modules, files))
}

/** A declared flow with its tables connected and its steps selected. */
export function plannedFlow(
  workspace: Workspace,
  declaration: Declaration,
  options: RunOptions,
  pool: () => Pool,
): PlannedFlow {
  const { flow, edges, codeOf, statOf, loadedAgain } = declaration
  const resolved = resolvedOf(flow)
  const again = async () => {
    const next = await declareFlow(workspace, flow.file, options.args ?? {}, pool)
    return plannedFlow(workspace, next, options, pool)
  }
  const selected = selectedSteps(resolved, options)
  return { resolved, edges, codeOf, statOf, selected, ...(loadedAgain && { again }) }
}

/** A flow object knows its file, and with it its project. */
function rootOf(target: Target): string | undefined {
  const site = typeof target === 'object' && 'kind' in target ? target.site : undefined
  return site && path.dirname(site.file)
}

/** Where engines spill, and the folders that they may open files in; a bucket's files are kept where its driver says. */
function foldersOf({ root, lake }: CodeSpace & Partial<Pick<Workspace, 'lake'>>) {
  const tempFolder = spillFolder(root)
  const info = lake?.storage.pathOf(layout.lake)
  if (lake && info === undefined) return { tempFolder }
  return { tempFolder, reach: [root, tempFolder, ...(info === undefined ? [] : [path.dirname(info)])] }
}

/** Processes are started when something is stale, or declarations must be loaded. */
export function lazyPool(
  workspace: CodeSpace & Partial<Pick<Workspace, 'lake'>>,
  options: { readonly concurrency?: number },
): {
  get: () => Pool
  renew: () => Promise<void>
  kill: () => Promise<void>
  stop: () => Promise<void>
  close: () => Promise<void>
} {
  const { config } = workspace.project
  let pool: Pool | undefined
  let stopped = false
  const get = () => {
    // Work that nobody waits for any more must not start processes.
    if (stopped) throw new Cancelled('cancelled')
    return (pool ??= new Pool({
      workers: options.concurrency ?? config.concurrency ?? availableParallelism(),
      memory: engineMemory(config.memory),
      ...foldersOf(workspace),
    }))
  }
  const kill = async () => {
    const late = pool
    pool = undefined
    await late?.kill()
  }
  return {
    get,
    /** Later calls get new processes, which load code as it is then. */
    renew: async () => {
      await pool?.close()
      pool = undefined
    },
    /** Ends the processes at once; later calls get new ones. */
    kill,
    /** Ends the processes at once, and gives no others. */
    stop: async () => {
      stopped = true
      await kill()
    },
    close: async () => pool?.close(),
  }
}

/** A flow whose tables are connected, or a ProblemError with all that is wrong. */
export function resolvedOf(flow: DeclaredFlow): ResolvedFlow {
  const { plan, problems } = resolveFlow(flow)
  if (!plan) throw new ProblemError(problems)
  return plan
}

/** Nothing is to be told of it, but that a delivery happens elsewhere. */
function isAtRest({ outcome, reasons }: StepFinished): boolean {
  return outcome === 'fresh' && reasons.every(({ word }) => word === 'not-here')
}

function failed(steps: readonly StepFinished[]): boolean {
  return steps.some(({ outcome }) => outcome === 'failed' || outcome === 'blocked')
}

/** What a run gives its caller. */
export function resultOf(
  workspace: Workspace,
  events: EventStream,
  flows: readonly ResolvedFlow[],
  steps: readonly StepFinished[],
  options: RunOptions,
): RunResult {
  const cancelled = options.signal?.aborted ?? false
  return {
    run: events.run,
    flow: flows.map(({ flow }) => flow.name).join(', '),
    env: workspace.envName,
    ok: !cancelled && !failed(steps),
    cancelled,
    steps,
    results: resultsOf(steps),
  }
}
