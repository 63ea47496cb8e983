import { parsedJson } from '../base/parsed-json.ts'
import { ProblemError } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Lake } from '../lake/lake.ts'
import { isVersionId, timeOfVersion } from '../lake/version-id.ts'
import type { RunEvent, RunStarted, RunSummary } from './events.ts'
import { isKeptEvent, isKeptSummary } from './kept-events.ts'

/** How far back a run is looked for by the beginning of its id. */
const searched = 1000

/** The last runs of a lake, newest first, at most `limit`. */
export async function runSummaries(lake: Lake, limit: number): Promise<RunSummary[]> {
  const ids = await lake.runs.list({ limit })
  return Promise.all(ids.map((run) => summaryOf(lake, run)))
}

/** What is kept of one run; what its events say where there is no summary, or none that is whole. */
export async function summaryOf(lake: Lake, run: string): Promise<RunSummary> {
  const text = await lake.runs.read(run, 'summary.json')
  const known = text === undefined ? undefined : parsedJson(text)
  if (isKeptSummary(known)) return known
  const starts = (await eventsOfRun(lake, run)).filter(
    (event): event is RunStarted => event.event === 'run-started',
  )
  const at = starts[0]?.at ?? timeOfVersion(run).toISOString()
  return { run, env: starts[0]?.env ?? '', flows: starts.map(({ flow }) => flow), at }
}

/**
 * The events of a run, by its id or the beginning of it. Empty for a run that had nothing to do. Throws
 * `project/unknown`.
 */
export async function runEvents(lake: Lake | undefined, start: string): Promise<RunEvent[]> {
  const run = await idOf(lake, start)
  return lake === undefined ? [] : eventsOfRun(lake, run)
}

/** What is kept of a run, by its id or the beginning of it. Throws `project/unknown`. */
export async function findRun(lake: Lake | undefined, start: string): Promise<RunSummary> {
  const run = await idOf(lake, start)
  if (lake === undefined) throw unknownRun(start, [])
  return summaryOf(lake, run)
}

async function idOf(lake: Lake | undefined, start: string): Promise<string> {
  if (lake === undefined) throw unknownRun(start, [])
  const wanted = start.toLowerCase()
  if (isVersionId(wanted) && (await lake.runs.read(wanted, 'summary.json')) !== undefined) return wanted
  const ids = await lake.runs.list({ limit: searched })
  const found = ids.filter((id) => id.startsWith(wanted))
  if (found.length === 1 && found[0] !== undefined) return found[0]
  throw found.length === 0 ? unknownRun(start, ids) : ambiguousRun(start, found)
}

/**
 * The events of a run, in order; none for one that had nothing to do. A line that was cut, or that is no event, is
 * left out: a record may end in the middle.
 */
export async function eventsOfRun(lake: Lake, run: string): Promise<RunEvent[]> {
  const text = (await lake.runs.read(run, 'events.jsonl')) ?? ''
  return text.split('\n').flatMap((line) => {
    // A run that was killed may leave half a line at its end: that is no event.
    const event = parsedJson(line)
    return isKeptEvent(event) ? [event] : []
  })
}

function unknownRun(run: string, known: readonly string[]): ProblemError {
  return new ProblemError({
    code: 'project/unknown',
    message: `there is no run '${run}'`,
    hint: didYouMean(run, known.slice(0, 100)) ?? '`sluice runs` lists the last ones',
  })
}

function ambiguousRun(run: string, found: readonly string[]): ProblemError {
  return new ProblemError({
    code: 'project/unknown',
    message: `${found.length} runs begin with '${run}'`,
    hint: `write more of the id, such as ${found[0] ?? run}`,
  })
}
