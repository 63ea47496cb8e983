import { ProblemError } from '../base/problem.ts'
import type { Lake } from '../lake/lake.ts'
import { pinRenewal } from '../lake/pins.ts'
import { layout } from '../storage/layout.ts'
import type { RunEvent, RunStarted, RunSummary } from './events.ts'
import { eventsOfRun, summaryOf } from './lake-runs.ts'
import { isAlive } from './request.ts'

/** How many of the last runs are looked at. */
const looked = 200

/** How long a run on another machine may live without any sign of it, in milliseconds. */
const silent = 1.5 * pinRenewal

/** A run that can be continued, and those that it continued itself, newest first. */
export interface Unfinished {
  readonly summary: RunSummary
  readonly events: readonly RunEvent[]
  readonly chain: readonly string[]
}

/** Whether a run came to its end, with every step done. */
export function isFinished({ ended, counts = {} }: RunSummary): boolean {
  const bad = (counts.failed ?? 0) + (counts.blocked ?? 0) + (counts.cancelled ?? 0)
  return ended !== undefined && bad === 0
}

/**
 * The last run that did not finish, in one environment or in any. One after which another run finished the same flows
 * does not count. Undefined when there is none.
 */
export async function lastUnfinished(lake: Lake, env?: string): Promise<RunSummary | undefined> {
  const done = new Set<string>()
  for (const run of await lake.runs.list({ limit: looked })) {
    const summary = await summaryOf(lake, run)
    if (env !== undefined && summary.env !== env) continue
    const flows = summary.flows.map((flow) => `${summary.env}/${flow}`)
    if (isFinished(summary)) for (const flow of flows) done.add(flow)
    else if (flows.some((flow) => !done.has(flow))) return summary
  }
  return undefined
}

/** A run with all that is needed to continue it. Throws a ProblemError for one that lives. */
export async function unfinished(lake: Lake, summary: RunSummary): Promise<Unfinished> {
  const events = await eventsOfRun(lake, summary.run)
  if (summary.ended === undefined) await checkDead(lake, summary, startsOf(events)[0])
  const chain = [summary.run]
  for (let before = startsOf(events)[0]?.resumes; before !== undefined && !chain.includes(before);) {
    chain.push(before)
    before = startsOf(await eventsOfRun(lake, before))[0]?.resumes
  }
  return { summary, events, chain }
}

export function startsOf(events: readonly RunEvent[]): RunStarted[] {
  return events.filter((event): event is RunStarted => event.event === 'run-started')
}

async function checkDead(
  lake: Lake,
  { run, at }: RunSummary,
  started: RunStarted | undefined,
): Promise<void> {
  if (!started?.process) return
  const alive = isAlive(started.process) ?? (await isHeard(lake, run, at))
  if (!alive) return
  const { host, pid } = started.process
  throw new ProblemError({
    code: 'run/alive',
    message: `run ${run} is still under way: process ${pid} on ${host}`,
    hint: 'wait for its end, or end it; a plain `sluice run` may run beside it',
  })
}

/** Whether a run on another machine gave a sign of life: runs that last renew a pin. */
async function isHeard({ storage }: Lake, run: string, at: string): Promise<boolean> {
  let last = Date.parse(at)
  for await (const { key, modified } of storage.list(layout.pins)) {
    if (key === layout.pin(run)) last = Math.max(last, modified)
  }
  return Date.now() - last < silent
}
