import type { Changes, Delta, EnvState, Head, StepRecord } from './types.ts'

/** No changes. */
export const noDelta: Delta = { heads: {}, steps: {} }

/** The state of an environment before its first commit. */
export function emptyState(env: string): EnvState {
  return {
    env,
    commit: 0,
    heads: new Map(),
    steps: new Map(),
    gone: new Map(),
    tail: { id: null, checkpoint: 0, since: noDelta },
  }
}

/** Changes with `seq` and `commit` filled in, as the commit `number` on top of `base` makes them. */
export function fillIn(base: EnvState, changes: Changes, number: number): Delta {
  const heads: [string, Head | null][] = []
  const gone: [string, number][] = []
  for (const [table, change] of Object.entries(changes.heads)) {
    const before = base.heads.get(table)
    const seq = before?.seq ?? base.gone?.get(table)
    if (change === null) {
      heads.push([table, null])
      if (seq !== undefined) gone.push([table, seq])
    } else {
      const same = before?.version === change.version
      heads.push([table, { ...change, seq: same ? before.seq : (seq ?? 0) + 1, commit: number }])
    }
  }
  const steps = Object.entries(changes.steps).map(([step, record]): [string, StepRecord | null] => [
    step,
    record === null ? null : { ...record, commit: number },
  ])
  return {
    heads: Object.fromEntries(heads),
    steps: Object.fromEntries(steps),
    ...(gone.length === 0 ? {} : { gone: Object.fromEntries(gone) }),
  }
}

/** Two changes one after the other as one. */
export function mergeDeltas(earlier: Delta, later: Delta): Delta {
  const heads = { ...earlier.heads, ...later.heads }
  const gone = Object.entries({ ...earlier.gone, ...later.gone }).filter(([table]) => heads[table] === null)
  return {
    heads,
    steps: { ...earlier.steps, ...later.steps },
    ...(gone.length === 0 ? {} : { gone: Object.fromEntries(gone) }),
  }
}

/** The heads, steps and counts of a state after changes; the state itself is left as it is. */
export function applyDelta(base: EnvState, delta: Delta): Pick<EnvState, 'heads' | 'steps' | 'gone'> {
  const gone = new Map(base.gone)
  for (const table of Object.keys(delta.heads)) gone.delete(table)
  for (const [table, seq] of Object.entries(delta.gone ?? {})) gone.set(table, seq)
  return { heads: applied(base.heads, delta.heads), steps: applied(base.steps, delta.steps), gone }
}

/** How many records changes hold: what they weigh in a log entry. */
export function deltaSize(delta: Delta): number {
  return Object.keys(delta.heads).length + Object.keys(delta.steps).length
}

function applied<T>(
  base: ReadonlyMap<string, T>,
  changes: { readonly [key: string]: T | null },
): Map<string, T> {
  const result = new Map(base)
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) result.delete(key)
    else result.set(key, value)
  }
  return result
}
