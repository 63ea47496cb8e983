import { ProblemError } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { LineageStep } from '../run/lake-lineage.ts'

/** A table or a step of some flow. */
export interface Named {
  readonly kind: 'table' | 'step'
  /** For a step: itself. */
  readonly step?: LineageStep
}

/** All tables and sources that steps read or write. */
export function tablesIn(steps: readonly LineageStep[]): Set<string> {
  return new Set(steps.flatMap(({ reads, writes }) => [...reads, ...writes]))
}

/** Whether a name is that of a table, source or step. */
export function isNamed(steps: readonly LineageStep[], name: string): boolean {
  return tablesIn(steps).has(name) || steps.some(({ step }) => step === name)
}

/** What a name means; tables come first. Throws `project/unknown`. */
export function named(steps: readonly LineageStep[], name: string): Named {
  const tables = tablesIn(steps)
  if (tables.has(name)) return { kind: 'table' }
  const step = steps.find((each) => each.step === name)
  if (step) return { kind: 'step', step }
  throw new ProblemError({
    code: 'project/unknown',
    message: `no flow has a table or step '${name}'`,
    hint:
      didYouMean(name, [...tables, ...steps.map((each) => each.step)]) ??
      '`sluice lineage` lists what there is',
  })
}

/** The steps that a table or step depends on, and those that depend on it. Throws `project/unknown`. */
export function stepsAround(steps: readonly LineageStep[], name: string): LineageStep[] {
  const { step } = named(steps, name)
  const up = step ? [step] : steps.filter(({ writes }) => writes.includes(name))
  const down = step ? [step] : steps.filter(({ reads }) => reads.includes(name))
  const found = new Set([
    ...closure(up, (from) =>
      steps.filter(({ writes }) => writes.some((table) => from.reads.includes(table))),
    ),
    ...closure(down, (from) =>
      steps.filter(({ reads }) => reads.some((table) => from.writes.includes(table))),
    ),
  ])
  return steps.filter((each) => found.has(each))
}

function closure(
  from: readonly LineageStep[],
  next: (step: LineageStep) => readonly LineageStep[],
): Set<LineageStep> {
  const found = new Set(from)
  // A set goes on to what is added while it is walked.
  for (const step of found) for (const other of next(step)) found.add(other)
  return found
}
