import type { Problem } from '../base/problem.ts'
import type { DeclaredStep } from './declared.ts'

type Upstream = ReadonlyMap<string, readonly string[]>

/**
 * Orders steps so that upstream comes first, and as declared among those that are ready (Kahn 1962). What is
 * left over waits for itself: one Problem for each cycle that is found.
 */
export function orderSteps(
  steps: readonly DeclaredStep[],
  upstream: Upstream,
): { order: DeclaredStep[]; cycles: Problem[] } {
  const waits = new Map(steps.map((step) => [step.name, new Set(upstream.get(step.name))]))
  const readers = new Map<string, DeclaredStep[]>()
  for (const step of steps) {
    for (const name of waits.get(step.name) ?? []) readers.set(name, [...(readers.get(name) ?? []), step])
  }
  const position = new Map(steps.map((step, at) => [step, at]))
  const ready = steps.filter((step) => waits.get(step.name)?.size === 0)
  const order: DeclaredStep[] = []
  for (let step = ready.shift(); step !== undefined; step = ready.shift()) {
    order.push(step)
    for (const reader of readers.get(step.name) ?? []) {
      const left = waits.get(reader.name)
      if (left?.delete(step.name) !== true || left.size > 0) continue
      insert(ready, reader, position)
    }
  }
  return { order, cycles: order.length === steps.length ? [] : findCycles(steps, upstream, new Set(order)) }
}

/** Keeps the ready steps in the order of the flow. */
function insert(
  ready: DeclaredStep[],
  step: DeclaredStep,
  position: ReadonlyMap<DeclaredStep, number>,
): void {
  const at = position.get(step) ?? 0
  const index = ready.findIndex((other) => (position.get(other) ?? 0) > at)
  ready.splice(index < 0 ? ready.length : index, 0, step)
}

/** Follows upstream from each step that is left over until a step comes again. */
function findCycles(
  steps: readonly DeclaredStep[],
  upstream: Upstream,
  done: ReadonlySet<DeclaredStep>,
): Problem[] {
  const byName = new Map(steps.map((step) => [step.name, step]))
  const left = new Set(steps.filter((step) => !done.has(step)).map(({ name }) => name))
  const problems: Problem[] = []
  const seen = new Set<string>()
  for (const start of left) {
    const trail: string[] = []
    let name: string | undefined = start
    while (name !== undefined && !seen.has(name)) {
      seen.add(name)
      trail.push(name)
      const next: string | undefined = upstream.get(name)?.find((other) => left.has(other))
      if (next !== undefined && trail.includes(next)) {
        problems.push(cycleProblem(trail.slice(trail.indexOf(next)).toReversed(), byName))
      }
      name = next
    }
  }
  return problems
}

/** @param names the steps of the cycle, each before a reader of what it writes */
function cycleProblem(names: readonly string[], byName: ReadonlyMap<string, DeclaredStep>): Problem {
  const from = names.reduce((best, name, at) => (name < (names[best] ?? '') ? at : best), 0)
  const circle = [...names.slice(from), ...names.slice(0, from)]
  const first = circle[0] ?? ''
  if (circle.length === 1) {
    const message = `step '${first}' reads a table that it writes, which is not supported yet`
    const where = byName.get(first)?.where
    return { code: 'flow/cycle', message, ...(where && { where }), hint: 'write to a table of another name' }
  }
  const places = circle.map((name) => ({ name, where: byName.get(name)?.where }))
  return {
    code: 'flow/cycle',
    message: `steps wait for each other in a circle: ${[...circle, first].join(' -> ')}`,
    ...(places[0]?.where && { where: places[0].where }),
    related: places.map(({ name, where }) => ({ message: `step '${name}'`, ...(where && { where }) })),
  }
}
