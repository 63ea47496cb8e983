import { ProblemError } from '../base/problem.ts'
import type { Attempt } from './commit.ts'
import { crossedFence } from './fence.ts'
import type { Changes, EnvState } from './types.ts'

/**
 * What a caller decides when others committed first: the changes to try on top of theirs, to take their
 * result as its own, or that the two cannot both stand.
 */
export type Judgement = Changes | { readonly adopt: true } | 'conflict'
export type Judge = (state: EnvState) => Judgement | Promise<Judgement>

/** How a commit ended that did not fail. */
export type Committed =
  | (Attempt & { readonly committed: true })
  | { readonly committed: false; readonly adopted: true; readonly state: EnvState }
  /** A cleaning may delete what the commit was to name: it must be made again. */
  | { readonly committed: false; readonly adopted: false; readonly state: EnvState }

/** How often others may move our own outputs, and how often they may commit at all, before we give up. */
const limits = { moved: 50, lost: 2000 }

/**
 * Tries a commit until it is made, adopted or in conflict. Losing to commits of other tables is cheap and all
 * but unbounded; losing our own outputs again and again is `storage/commit-conflict`.
 */
export async function commitJudged(
  attempt: (base: EnvState, changes: Changes) => Promise<Attempt>,
  base: EnvState,
  changes: Changes,
  judge: Judge,
  gone: (changes: Changes) => Promise<boolean>,
): Promise<Committed> {
  let moved = 0
  for (let lost = 0; lost < limits.lost && moved < limits.moved; lost++) {
    const result = await attempt(base, changes)
    if (result.committed) return result
    const judgement = await judge(result.state)
    if (judgement === 'conflict')
      throw conflict(base.env, movedBy(base, result.state, changes), 'others committed to')
    if ('adopt' in judgement) return { committed: false, adopted: true, state: result.state }
    if (crossedFence(base, result.state) && (await gone(judgement)))
      return { committed: false, adopted: false, state: result.state }
    if (movedBy(base, result.state, changes).length > 0) moved++
    base = result.state
    changes = judgement
  }
  throw conflict(base.env, Object.keys(changes.heads), `others kept committing before us to`)
}

/** The tables and steps of `changes` that others set between two states. */
export function movedBy(before: EnvState, after: EnvState, changes: Changes): string[] {
  const tables = Object.keys(changes.heads).filter(
    (table) => before.heads.get(table)?.commit !== after.heads.get(table)?.commit,
  )
  const steps = Object.keys(changes.steps).filter(
    (step) => before.steps.get(step)?.commit !== after.steps.get(step)?.commit,
  )
  return [...tables, ...steps]
}

function conflict(env: string, names: readonly string[], what: string): ProblemError {
  // A step is known by its tables.
  const list = [...new Set(names)].map((name) => `'${name}'`).join(', ')
  const message = `${what} ${list === '' ? 'the same log' : list} in environment '${env}'`
  return new ProblemError({
    code: 'storage/commit-conflict',
    message,
    hint: 'nothing of ours was published; run again when the other run is done',
  })
}
