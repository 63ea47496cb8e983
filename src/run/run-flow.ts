import { ProblemError } from '../base/problem.ts'
import { archiveLanded } from './archive.ts'
import { endings, rootsOfBlock, type Endings } from './endings.ts'
import type { Outcome, StepFinished } from './events.ts'
import type { PlannedFlow, RunParts } from './planned.ts'
import { runRound, type Round } from './run-round.ts'

/** How often a flow is run anew, because its code changed during the run, or others its tables. */
const rounds = 5

/** Runs one flow and tells what happens. Gives the end of every selected step. */
export async function runFlow(parts: RunParts, first: PlannedFlow): Promise<StepFinished[]> {
  const { workspace, events } = parts
  const begun = performance.now()
  const { name } = first.resolved.flow
  const steps = first.resolved.steps.filter((step) => first.selected.has(step.name))
  events.emit({
    event: 'run-started',
    flow: name,
    env: workspace.envName,
    storage: workspace.lake.storage.place,
    steps: steps.map((step) => step.name),
    ...parts.asked,
  })
  const ended = endings(events)
  let commit: number | undefined
  let flow: PlannedFlow | undefined = first
  let last = first
  for (let round = 1; flow; round++) {
    last = flow
    const done: Round = await runRound(parts, flow, ended)
    commit = done.commit ?? commit
    if (done.moved && round === rounds) throw conflict(name, workspace.envName)
    if (done.codeChanged) flow = await declaredAnew(parts, flow, ended, round)
    else if (!done.moved) flow = undefined
  }
  const list = ended.list()
  if (!parts.options.signal?.aborted) await archiveLanded(workspace, last, list, events)
  const ms = performance.now() - begun
  const made = commit === undefined ? {} : { commit }
  events.emit({ event: 'run-finished', flow: name, env: workspace.envName, ms, counts: count(list), ...made })
  return list
}

/** Code that changed during the run is loaded by new workers; what is wrong with it fails the steps that are left. */
async function declaredAnew(
  parts: RunParts,
  flow: PlannedFlow,
  ended: Endings,
  round: number,
): Promise<PlannedFlow | undefined> {
  try {
    if (!flow.again || round === rounds) throw unstable(round)
    await parts.pools.renew()
    return await flow.again()
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    for (const step of flow.resolved.steps) {
      if (!flow.selected.has(step.name) || ended.has(step.name)) continue
      const blockedBy = rootsOfBlock(step.upstream, ended)
      if (blockedBy.length > 0) ended.end(step, { outcome: 'blocked', blockedBy })
      else ended.end(step, { outcome: 'failed', problems: error.problems })
    }
    return undefined
  }
}

function unstable(round: number): ProblemError {
  return new ProblemError({
    code: 'step/unstable',
    message: `the code of the flow changed ${round === 1 ? 'during the run' : `${round} times during the run`}`,
    hint: 'run again when it is at rest',
  })
}

function conflict(flow: string, env: string): ProblemError {
  return new ProblemError({
    code: 'storage/commit-conflict',
    message: `other runs published tables of flow '${flow}' in environment '${env}' ${rounds} times while it ran`,
    hint: 'nothing of this run was published; run again when the others are done',
  })
}

function count(steps: readonly StepFinished[]): Record<Outcome, number> {
  const counts: Record<Outcome, number> = { ran: 0, reused: 0, fresh: 0, failed: 0, blocked: 0, cancelled: 0 }
  for (const { outcome } of steps) counts[outcome]++
  return counts
}
