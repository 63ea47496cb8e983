import { checkSettings } from '../flow/pools.ts'
import { stepKey } from '../freshness/step-key.ts'
import { stateToBegin } from './begin.ts'
import { closeAll } from './close-all.ts'
import { rebuildOf } from './rebuild.ts'
import { lazyPool, resolvedOf } from './run.ts'
import type { Plan, SelectOptions } from './options.ts'
import { surveyPartitions } from './partition-survey.ts'
import { selectedFlows, selectedSteps } from './selection.ts'
import { survey } from './survey.ts'
import { declareTargets, type Target } from './targets.ts'
import { openWorkspace } from './workspace.ts'

/**
 * Says what a run would do and why, and runs nothing. A step downstream of a stale one `may-run`: whether it
 * does is known when what is upstream is done.
 *
 * @throws ProblemError with all that is wrong with the project
 */
export async function plan(
  target?: Target,
  options: SelectOptions & { readonly force?: boolean } = {},
): Promise<Plan> {
  const workspace = await openWorkspace(options)
  const pools = lazyPool(workspace, {})
  try {
    const flows = await declareTargets(workspace, target, options.args ?? {}, pools.get)
    checkSettings(
      flows.map(({ flow }) => flow),
      workspace.project.config,
    )
    const state = await stateToBegin(workspace)
    const steps: Plan['steps'][number][] = []
    const resolvedFlows = flows.map(({ flow, codeOf }) => ({ codeOf, resolved: resolvedOf(flow) }))
    const planned = selectedFlows(resolvedFlows, ({ resolved }) => resolved, options)
    for (const { resolved, codeOf } of planned) {
      const selected = selectedSteps(resolved, options)
      const around = { ...workspace, codeOf }
      const surveyed = await survey(around, resolved, selected, state, options.force ? selected : new Set())
      for (const step of resolved.steps) {
        const seen = surveyed.get(step.name)
        if (!seen) continue
        const record = state.steps.get(stepKey(step, resolved.flow.name))
        const partitions =
          step.partition && seen.verdict === 'stale'
            ? await surveyPartitions(workspace.lake, seen, record)
            : undefined
        const rebuild = await rebuildOf(workspace, resolved, step, seen, state)
        steps.push({
          step: step.name,
          notebook: step.notebook,
          verdict: seen.verdict,
          reasons: seen.reasons,
          ...(partitions && { partitions }),
          ...(rebuild !== undefined && { rebuild }),
          upstream: step.upstream,
          reads: step.inputs.map(({ name }) => name),
          writes: step.outputs.map(({ table }) => table.name),
        })
      }
    }
    return {
      flow: planned.map(({ resolved }) => resolved.flow.name).join(', '),
      env: workspace.envName,
      steps,
      problems: [],
    }
  } finally {
    await closeAll(pools, workspace)
  }
}
