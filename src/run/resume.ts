import { ProblemError } from '../base/problem.ts'
import { timeOfVersion } from '../lake/version-id.ts'
import { runNotebookAgain } from './alone.ts'
import type { Continued } from './asked.ts'
import type { RunEvent, RunSummary } from './events.ts'
import { openPlace } from './lake-place.ts'
import { findRun } from './lake-runs.ts'
import type { ProjectOptions, RunOptions, RunResult } from './options.ts'
import { runAgain } from './run.ts'
import { isFinished, lastUnfinished, startsOf, unfinished, type Unfinished } from './unfinished.ts'

/** How a run is continued; all else is as it was asked of that run. */
export type ResumeOptions = ProjectOptions & Pick<RunOptions, 'onEvent' | 'signal'>

export type Resumed =
  | { readonly run: string; readonly result: RunResult }
  /** There was nothing to resume: no run that is recorded, or the named one, which has finished. */
  | { readonly finished: RunSummary | undefined }

/**
 * Continues a run that did not finish: the same targets, selection, args and environment, without what it has done.
 * Steps that it ran because they were forced, or run each time, are not run again; whatever changed since counts.
 *
 * @param run its id or the beginning of it; the last one that did not finish when left out
 * @throws ProblemError for a run that is not known, still lives, or was asked for by a program
 */
export async function resume(run: string | undefined, options: ResumeOptions = {}): Promise<Resumed> {
  const found = await find(run, options)
  if (!('events' in found)) return found
  const { summary, events, chain } = found
  const request = startsOf(events)[0]?.request
  if (!request) throw notResumable(summary)
  const continued: Continued = {
    run: summary.run,
    runs: new Set(chain),
    since: timeOfVersion(chain.at(-1) ?? summary.run).toISOString(),
    told: continuing(summary, events),
  }
  const { targets, notebook, ...how } = request
  const all = { ...options, ...how, env: summary.env, onEvent: options.onEvent }
  const result =
    notebook === undefined
      ? await runAgain([...targets], all, continued)
      : await runNotebookAgain(notebook, all, continued)
  return { run: summary.run, result }
}

async function find(
  run: string | undefined,
  options: ResumeOptions,
): Promise<Unfinished | { finished: RunSummary | undefined }> {
  const place = await openPlace(options)
  try {
    const { lake } = place
    if (run !== undefined) {
      const summary = await findRun(lake, run)
      return lake === undefined || isFinished(summary)
        ? { finished: summary }
        : await unfinished(lake, summary)
    }
    const last = lake && (await lastUnfinished(lake, options.env))
    return last ? await unfinished(lake, last) : { finished: undefined }
  } finally {
    await place.close()
  }
}

/** Which run is continued, and what it has done. */
function continuing({ run, ended }: RunSummary, events: readonly RunEvent[]): string {
  const done = events.flatMap((event) => {
    const good = event.event === 'step-finished' && ['ran', 'reused', 'fresh'].includes(event.outcome)
    return good ? [event.step] : []
  })
  const how = ended === undefined ? 'which was broken off' : 'which did not finish'
  const names = done.length > 8 ? `${done.length} steps` : done.join(', ')
  return `continues run ${run}, ${how}: ${done.length === 0 ? 'no step' : names} ${done.length > 1 ? 'are' : 'is'} done`
}

function notResumable({ run }: RunSummary): ProblemError {
  return new ProblemError({
    code: 'run/not-resumable',
    message: `the record of run ${run} does not say what was asked of it`,
    hint: 'run the program, or `sluice run`, again: what is done is not computed again',
  })
}
