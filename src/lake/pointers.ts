import type { Changes, EnvState, Head, StepRecord } from './types.ts'

/** All that an environment holds as changes that point to the same versions: nothing is copied. */
export function pointersTo(state: EnvState): Changes {
  return {
    heads: Object.fromEntries(Array.from(state.heads, ([table, head]) => [table, pointer(head)])),
    steps: Object.fromEntries(
      Array.from(state.steps, ([step, record]) => [step, movedRecord(state.env, record)]),
    ),
  }
}

/** A head without its place in one log, so that another commit can set it. */
export function pointer({ seq: _seq, commit: _commit, ...head }: Head): Omit<Head, 'seq' | 'commit'> {
  return head
}

/** The record of a step as another commit sets it: it goes on saying which commit holds its details. */
export function movedRecord(env: string, { commit, ...record }: StepRecord): Omit<StepRecord, 'commit'> {
  return { ...record, from: record.from ?? { env, commit } }
}
