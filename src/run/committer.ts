import { emptyRecord } from '../base/record.ts'
import { applyDelta, fillIn } from '../lake/delta.ts'
import type { Environment } from '../lake/environment.ts'
import { movedBy, type Judge } from '../lake/judge.ts'
import type { Changes, CommitMeta, EnvState } from '../lake/types.ts'

/** How the steps of a run see the environment, and publish into it. */
export interface Committer {
  /** The state that the next step is judged by: its inputs are all resolved at this one commit. */
  state(): EnvState
  /** The same, with what other runs have published since, where a step may see that. */
  renewed(): Promise<EnvState>
  /** Publishes what a step did. `gone`: a cleaning may delete what it names, so that it must be judged anew. */
  commit(base: EnvState, changes: Changes, meta: CommitMeta, judge: Judge): Promise<{ gone: boolean }>
  /**
   * Publishes what was collected; gives the number of the last commit, if there was one. `moved`: nothing was
   * published, because others have changed the same tables since.
   */
  finish(run: string): Promise<{ readonly commit?: number; readonly moved: boolean }>
}

/** What publishes is a run, or a repair of damaged tables. */
type Publishing = 'publish' | 'repair'

function called(meta: CommitMeta, word: Publishing): CommitMeta {
  return meta.kind === 'publish' ? { ...meta, kind: word } : meta
}

/** Each step publishes when it is done. `word`: what its commits are called. */
export function committerByStep(env: Environment, first: EnvState, word: Publishing = 'publish'): Committer {
  let latest = first
  let last: number | undefined
  return {
    state: () => latest,
    async renewed() {
      const now = await env.state()
      if (now.commit > latest.commit) latest = now
      return latest
    },
    async commit(base, changes, meta, judge) {
      const result = await env.commit(base, changes, called(meta, word), judge)
      if (result.state.commit > latest.commit) latest = result.state
      if (result.committed) last = result.entry.number
      return { gone: !result.committed && !result.adopted }
    },
    finish: () => Promise.resolve({ moved: false, ...(last !== undefined && { commit: last }) }),
  }
}

/**
 * The whole run publishes in one commit. Until then its steps see their own state on top of the environment's;
 * what they computed stays in the shared cache, so that a run that breaks off is not lost.
 */
export function committerByRun(env: Environment, first: EnvState, word: Publishing = 'publish'): Committer {
  let own = first
  const collected: {
    heads: Record<string, Changes['heads'][string]>
    steps: Record<string, Changes['steps'][string]>
  } = { heads: {}, steps: {} }
  const details = emptyRecord<CommitMeta['detail']>()
  const overrides = new Set<string>()
  return {
    state: () => own,
    renewed: () => Promise.resolve(own),
    commit(_base, changes, meta) {
      const delta = fillIn(own, changes, first.commit + 1)
      own = { ...own, ...applyDelta(own, delta) }
      Object.assign(collected.heads, changes.heads)
      Object.assign(collected.steps, changes.steps)
      for (const step of Object.keys(changes.steps)) details[step] = meta.detail
      for (const name of meta.overrides ?? []) overrides.add(name)
      return Promise.resolve({ gone: false })
    },
    async finish(run) {
      if (Object.keys(collected.steps).length === 0) return { moved: false }
      const meta: CommitMeta = {
        kind: word,
        run,
        ...(overrides.size > 0 && { overrides: [...overrides] }),
        detail: { steps: details as never },
      }
      // Others moved our tables meanwhile: what was computed together is published together or not at all.
      const lost = (state: EnvState) =>
        movedBy(first, state, collected).length > 0 ? { adopt: true as const } : collected
      const result = await env.commit(first, collected, meta, lost)
      return result.committed ? { commit: result.entry.number, moved: false } : { moved: true }
    },
  }
}
