import { problemsOf, type Problem } from '../base/problem.ts'
import type { DeltaExport } from '../lake/delta-export.ts'
import type { EventStream } from './event-stream.ts'
import type { StepFinished } from './events.ts'
import { openPlace } from './lake-place.ts'
import type { ProjectOptions } from './options.ts'
import type { Workspace } from './workspace.ts'

export interface ExportDeltaOptions extends Omit<ProjectOptions, 'env'> {
  /** Begins at the first commit: writes again what has been removed. */
  readonly again?: boolean
  readonly signal?: AbortSignal
}

/** What is exported now, and where. */
export interface ExportDeltaResult extends DeltaExport {
  readonly where: string
}

/**
 * Brings the Delta logs beside the tables of the lake's default environment up to date. Undefined where there is
 * no lake yet. What cannot be exported is in `problems`, as warnings.
 *
 * @throws ProblemError `storage/corrupt` when the log cannot be read
 */
export async function exportDelta(options: ExportDeltaOptions = {}): Promise<ExportDeltaResult | undefined> {
  const place = await openPlace(options)
  try {
    if (place.lake === undefined) return undefined
    const lakes = await import('../lake/delta-export.ts')
    const { again, signal } = options
    const done = await lakes.exportDelta(place.lake, { ...(again && { again }), ...(signal && { signal }) })
    return { ...done, where: place.where }
  } finally {
    await place.close()
  }
}

/**
 * The same at the end of a run that gave tables of that environment another version. What goes wrong is told and
 * fails nothing: the commits stand, and the next export makes up for it.
 */
export async function exportAfter(
  { project, lake, envName }: Workspace,
  events: EventStream,
  steps: readonly StepFinished[],
): Promise<void> {
  const changed = steps.some(({ tables }) => tables.some(({ unchanged }) => !unchanged))
  if (!changed || envName !== lake.defaultEnv || !project.config.delta) return
  const warn = ({ message, hint }: Problem) =>
    events.emit({
      event: 'notice',
      level: 'warn',
      message: hint === undefined ? message : `${message}; ${hint}`,
    })
  try {
    const lakes = await import('../lake/delta-export.ts')
    const { problems } = await lakes.exportDelta(lake)
    problems.forEach(warn)
  } catch (error) {
    const problems = problemsOf(error)
    if (problems === undefined) throw error
    for (const problem of problems)
      warn({ ...problem, message: `the tables could not be exported for other tools: ${problem.message}` })
  }
}
