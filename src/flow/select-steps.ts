import type { Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { matcher } from './pattern.ts'
import type { ResolvedFlow, ResolvedStep } from './resolve.ts'

/**
 * Picks steps of a flow. A pattern is the name of a step, notebook or table, or a glob of them (`gold.*`), or
 * `tag:x`; `+x` takes what is upstream too, `x+` what is downstream. Several patterns add up; none is all.
 *
 * @param from a step (or a pattern): it and all that is downstream
 * @returns names in an order in which they can run; `flow/selection-unknown` for what matches nothing
 */
export function selectSteps(
  plan: ResolvedFlow,
  patterns: readonly string[],
  from?: string,
): { steps: string[]; problems: Problem[] } {
  const wanted = from === undefined ? patterns : [...patterns, from.endsWith('+') ? from : `${from}+`]
  if (wanted.length === 0) return { steps: plan.steps.map(({ name }) => name), problems: [] }
  const chosen = new Set<string>()
  const problems: Problem[] = []
  for (const pattern of wanted) {
    const found = matchPattern(plan, pattern)
    if (typeof found === 'string') problems.push(unknown(plan, pattern, found))
    else for (const name of found) chosen.add(name)
  }
  return { steps: plan.steps.map(({ name }) => name).filter((name) => chosen.has(name)), problems }
}

/** Names of the steps that one pattern picks, or why it picks none. */
function matchPattern(plan: ResolvedFlow, pattern: string): Set<string> | string {
  const up = pattern.startsWith('+')
  const down = pattern.endsWith('+') && pattern.length > 1
  const bare = pattern.slice(up ? 1 : 0, down ? -1 : undefined)
  const matches = matcher(bare)
  const steps = plan.steps.filter((step) => namesOf(step, bare).some(matches)).map(({ name }) => name)
  const chosen = new Set(steps)
  if (up) for (const name of reach(plan, steps, 'upstream')) chosen.add(name)
  if (down) {
    // Sources and tables of other flows have no step, but readers.
    const readers = plan.steps.filter((step) =>
      step.inputs.some(({ name }) => matches(name) && !plan.producers.has(name)),
    )
    const starts = [...steps, ...readers.map(({ name }) => name)]
    for (const name of [...starts, ...reach(plan, starts, 'downstream')]) chosen.add(name)
  }
  if (chosen.size > 0) return chosen
  const outside = outsideNames(plan).find(matches)
  return outside === undefined
    ? ''
    : `no step of this flow writes it; '${outside}+' takes the steps that read it`
}

function namesOf(step: ResolvedStep, pattern: string): string[] {
  if (pattern.startsWith('tag:')) return (step.tags ?? []).map((tag) => `tag:${tag}`)
  const file = step.kind === 'deliver' ? [] : [step.file]
  return [step.name, step.notebook, ...file, ...step.outputs.map(({ table }) => table.name)]
}

function outsideNames(plan: ResolvedFlow): string[] {
  const names = plan.steps.flatMap((step) => step.inputs.map(({ name }) => name))
  return names.filter((name) => !plan.producers.has(name))
}

function reach(plan: ResolvedFlow, starts: readonly string[], way: 'upstream' | 'downstream'): Set<string> {
  const reached = new Set<string>()
  const open = [...starts]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const next of plan.byName.get(name)?.[way] ?? []) {
      if (reached.has(next)) continue
      reached.add(next)
      open.push(next)
    }
  }
  return reached
}

function unknown(plan: ResolvedFlow, pattern: string, why: string): Problem {
  const bare = pattern.replace(/^\+|\+$/g, '')
  const known = plan.steps.flatMap((step) =>
    bare.startsWith('tag:')
      ? namesOf(step, bare)
      : [step.name, step.notebook, ...step.outputs.map(({ table }) => table.name)],
  )
  const hint = why === '' ? didYouMean(bare, known) : why
  return {
    code: 'flow/selection-unknown',
    message: `'${pattern}' selects no step of flow '${plan.flow.name}'`,
    ...(hint !== undefined && hint !== '' && { hint }),
  }
}
