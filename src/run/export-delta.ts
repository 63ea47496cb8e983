import { problemsOf, type Problem } from '../base/problem.ts'
import type { Project } from '../flow/project.ts'
import type { DeltaExport } from '../lake/delta-export.ts'
import type { Lake } from '../lake/lake.ts'
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
 * The same after commits in an environment; nothing where another one is exported, or none. What goes wrong comes
 * back as warnings and fails nothing: the commits stand, and the next export makes up for it.
 */
export async function exportCommits(
  { project, envName }: { readonly project: Project; readonly envName: string },
  lake: Lake,
): Promise<readonly Problem[]> {
  if (envName !== lake.defaultEnv || !project.config.delta) return []
  try {
    const lakes = await import('../lake/delta-export.ts')
    return (await lakes.exportDelta(lake)).problems
  } catch (error) {
    const problems = problemsOf(error)
    if (problems === undefined) throw error
    return problems.map((problem) => ({
      ...problem,
      severity: 'warn',
      message: `the tables could not be exported for other tools: ${problem.message}`,
    }))
  }
}

/** The same at the end of a run, if it gave tables another version. */
export async function exportAfter(
  workspace: Workspace,
  events: EventStream,
  steps: readonly StepFinished[],
): Promise<void> {
  if (steps.every(({ tables }) => tables.every(({ unchanged }) => unchanged))) return
  for (const { message, hint } of await exportCommits(workspace, workspace.lake)) {
    const text = hint === undefined ? message : `${message}; ${hint}`
    events.emit({ event: 'notice', level: 'warn', message: text })
  }
}
