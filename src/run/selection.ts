import { ProblemError } from '../base/problem.ts'
import type { ResolvedFlow } from '../flow/resolve.ts'
import { selectSteps } from '../flow/select-steps.ts'
import type { SelectOptions } from './options.ts'

/** The steps of a flow that are selected: all, when nothing is. */
export function selectedSteps(resolved: ResolvedFlow, { select = [], from }: SelectOptions): ReadonlySet<string> {
  return new Set(selectSteps(resolved, select, from).steps)
}

/**
 * Those of several flows in which a step is selected; all, when nothing is. Throws a ProblemError for what
 * selects nothing in any of them.
 */
export function selectedFlows<F extends { readonly resolved: ResolvedFlow }>(
  flows: readonly F[],
  { select = [], from }: SelectOptions,
): readonly F[] {
  if (select.length === 0 && from === undefined) return flows
  const problems = [...select.map((pattern) => [[pattern]] as const), ...(from === undefined ? [] : [[[], from] as const])]
    .map(([patterns, start]) => flows.map(({ resolved }) => selectSteps(resolved, patterns, start).problems))
    .filter((found) => found.every((list) => list.length > 0))
    .flat(2)
  if (problems.length > 0) throw new ProblemError(problems)
  return flows.filter(({ resolved }) => selectedSteps(resolved, { select, from }).size > 0)
}
