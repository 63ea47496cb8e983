import { ProblemError, type Problem } from '../base/problem.ts'
import type { ResolvedFlow } from '../flow/resolve.ts'
import { selectSteps } from '../flow/select-steps.ts'
import type { SelectOptions } from './options.ts'

/** The steps of a flow that are selected: all, when nothing is. What selects nothing in it counts for nothing. */
export function selectedSteps(flow: ResolvedFlow, { select, from }: SelectOptions): ReadonlySet<string> {
  return new Set(selectSteps(flow, select ?? [], from).steps)
}

/**
 * Those of several flows of which a step is selected; all, when nothing is. Throws a ProblemError with what
 * selects nothing in any of them.
 */
export function selectedFlows<F>(
  flows: readonly F[],
  resolvedOf: (flow: F) => ResolvedFlow,
  { select = [], from }: SelectOptions,
): readonly F[] {
  const asked = [...select.map((each) => ({ select: [each] })), ...(from === undefined ? [] : [{ from }])]
  if (asked.length === 0) return flows
  const problems: Problem[] = []
  for (const { select: patterns = [], from: start } of asked as readonly SelectOptions[]) {
    const found = flows.map((flow) => selectSteps(resolvedOf(flow), patterns, start).problems)
    if (!found.every((list) => list.length > 0)) continue
    // Flows that have nothing like it have nothing to say.
    const near = found.flat().filter(({ hint }) => hint?.startsWith('did you mean'))
    problems.push(...(near.length > 0 ? near : found.flat()))
  }
  if (problems.length > 0) throw new ProblemError(problems)
  const options = { select, ...(from !== undefined && { from }) }
  return flows.filter((flow) => selectedSteps(resolvedOf(flow), options).size > 0)
}
