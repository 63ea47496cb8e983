import { fromWire } from '../base/wire.ts'
import { endings } from './endings.ts'
import type { EventStream } from './event-stream.ts'
import type { StepFinished } from './events.ts'
import type { RunOptions, RunResult } from './options.ts'
import type { RestingFlow } from './rest.ts'
import type { Target } from './targets.ts'
import type { Workspace } from './workspace.ts'

/**
 * The files of the flows of a run of whole flows as they are written, for which it can be kept that there is
 * nothing to do; undefined for any other run. Plugins are told of every run, which takes the long way.
 */
export function wholeFlows(
  workspace: Workspace,
  target: Target,
  options: RunOptions,
): readonly string[] | undefined {
  if (typeof target === 'object' && 'kind' in target) return undefined
  const { select: selected = [], from, force, args = {}, signal } = options
  const special = selected.length > 0 || from !== undefined || force === true || Object.keys(args).length > 0
  if (special || signal?.aborted || workspace.project.config.plugins.length > 0) return undefined
  const names = typeof target === 'string' ? [target] : (target ?? [])
  const { flows } = workspace.project
  const chosen =
    names.length > 0 ? flows.filter(({ name, file }) => names.includes(name) || names.includes(file)) : flows
  return names.length > 0 && chosen.length !== names.length ? undefined : chosen.map(({ file }) => file)
}

/** Tells of a run with nothing to do. */
export function tellResting(
  workspace: Workspace,
  events: EventStream,
  flows: readonly RestingFlow[],
): RunResult {
  const env = workspace.envName
  const ended: StepFinished[] = []
  for (const { name, steps } of flows) {
    const storage = workspace.lake.storage.place
    events.emit({ event: 'run-started', flow: name, env, storage, steps: steps.map(({ step }) => step) })
    const own = endings(events)
    for (const { step, notebook, result, reasons = [] } of steps)
      own.end({ name: step, notebook }, { outcome: 'fresh', result, reasons })
    const counts = { ran: 0, reused: 0, fresh: steps.length, failed: 0, blocked: 0, cancelled: 0 }
    events.emit({ event: 'run-finished', flow: name, env, ms: 0, counts })
    ended.push(...own.list())
  }
  const names = flows.map(({ name }) => name).join(', ')
  return {
    run: events.run,
    flow: names,
    env,
    ok: true,
    cancelled: false,
    steps: ended,
    results: resultsOf(ended),
  }
}

/** What notebooks returned, by step. */
export function resultsOf(steps: readonly StepFinished[]): Record<string, unknown> {
  return Object.fromEntries(
    steps.flatMap(({ step, result }) => (result === undefined ? [] : [[step, fromWire(result)] as const])),
  )
}
