import type { Problem } from '../base/problem.ts'
import type { Reason } from '../freshness/reason.ts'
import type { RunEvent } from '../run/events.ts'
import type { Plan } from '../run/options.ts'
import type { Told } from './told.ts'

/**
 * One event as a line of JSON. Where an event has reasons, `reasons` holds their words, so that `jq` and `grep`
 * find them at once, and `causes` the full objects. `docs/cli.md` describes the form.
 */
export function eventLine(event: RunEvent): string {
  return `${JSON.stringify('reasons' in event ? { ...event, ...wordsFirst(event.reasons) } : event)}\n`
}

/** A Problem as a line of JSON. */
export function problemJson(problem: Problem): string {
  return `${JSON.stringify({ problem })}\n`
}

/** A plan as lines of JSON: one for each step, then one with `plan` for the flow and what was found wrong. */
export function planJson(plan: Plan): string {
  const { steps, ...rest } = plan
  const lines = steps.map((step) => JSON.stringify({ ...step, ...wordsFirst(step.reasons) }))
  return `${[...lines, JSON.stringify({ plan: rest })].join('\n')}\n`
}

function wordsFirst(reasons: readonly Reason[]): { reasons: string[]; causes: readonly Reason[] } {
  return { reasons: reasons.map(({ word }) => word), causes: reasons }
}

/** All that a command has to tell as lines of JSON: the events, the cases, then Problems of the project. */
export function toldJson({ events, problems, cases = [] }: Told): string {
  const lines = cases.map((each) => `${JSON.stringify({ case: each })}\n`)
  return [...events.map(eventLine), ...lines, ...problems.map(problemJson)].join('')
}
