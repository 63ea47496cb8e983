import type { GraphStep } from '../check/column-graph.ts'
import { columnLineage, type ColumnLineage } from '../check/column-lineage.ts'
import type { KnownTables } from '../check/column-name.ts'
import { impactOf, type Impact } from '../check/impact.ts'
import { ProblemError, problemsOf, type Problem } from '../base/problem.ts'
import { checkProject } from './check.ts'
import type { CheckedStep } from './check-result.ts'

export interface LineageOptions {
  /** The project's folder; found upwards from the working directory when left out. */
  readonly projectRoot?: string
}

/** What `sluice check` finds wrong with the project: steps that are wrong are missing in the answer. */
export interface Mistakes {
  readonly problems: readonly Problem[]
}

/**
 * Where the columns of a table come from, and where they go: `silver.trips.fare`, or `silver.trips` for all of its
 * columns. Queries are bound to contracts, and nothing runs.
 *
 * @throws ProblemError when there is no project, or no step reads or writes what is named
 */
export async function lineage(name: string, options: LineageOptions = {}): Promise<ColumnLineage & Mistakes> {
  const { steps, known, problems } = await columnSteps(options)
  return beside(problems, () => columnLineage(steps, known, name))
}

/**
 * What a change of a table, source or column would reach: columns, steps and flows, nearest first. Nothing runs.
 *
 * @throws ProblemError when there is no project, or no step reads or writes what is named
 */
export async function impact(name: string, options: LineageOptions = {}): Promise<Impact & Mistakes> {
  const { steps, known, problems } = await columnSteps(options)
  return beside(problems, () => impactOf(steps, known, name))
}

/** A name may be unknown because the step that has it is wrong: then its mistakes are told too. */
function beside<T>(problems: readonly Problem[], answer: () => T): T & Mistakes {
  try {
    return { ...answer(), problems }
  } catch (error) {
    const unknown = problemsOf(error)
    throw unknown ? new ProblemError([...problems, ...unknown]) : error
  }
}

/** The steps of a project as the graph of columns takes them, and what is wrong with the project. */
export async function columnSteps(options: LineageOptions): Promise<{
  readonly steps: readonly GraphStep[]
  readonly known: KnownTables
  readonly problems: readonly Problem[]
}> {
  const { steps, problems } = await checkProject({ ...options, lineage: true })
  const mistakes = problems.filter(({ severity }) => severity !== 'warn')
  return { steps: steps.map(graphStep), known: knownTables(steps), problems: mistakes }
}

function graphStep({ flow, name, file, kind, declared, outputs }: CheckedStep): GraphStep {
  return {
    ...(flow !== undefined && { flow }),
    name,
    file,
    kind,
    inputs: declared.inputs.map(({ handle, name: table, columns }) => ({
      handle,
      name: table,
      columns: columns.map((column) => column.name),
    })),
    outputs: declared.outputs.map(({ handle, table }) => {
      const followed = outputs.find((output) => output.handle === handle)?.lineage
      return {
        table: table.name,
        columns: table.columns.map((column) => column.name),
        ...(followed && { lineage: followed }),
      }
    }),
  }
}

/** What a producer declares counts before what a reader expects. */
function knownTables(steps: readonly CheckedStep[]): KnownTables {
  const known = new Map<string, readonly string[]>()
  for (const { declared } of steps)
    for (const { table } of declared.outputs)
      known.set(
        table.name,
        table.columns.map(({ name }) => name),
      )
  for (const { declared } of steps)
    for (const { name, origin } of declared.inputs)
      if (!known.has(name))
        known.set(
          name,
          origin.columns.map((column) => column.name),
        )
  return known
}
