import { attemptCommit } from './commit.ts'
import type { Attempt, Clock } from './commit.ts'
import { mayBeDeleted } from './fence.ts'
import { entriesDown } from './history.ts'
import type { HistoryOptions } from './history.ts'
import { hintWriter, laterByTimer } from './hint.ts'
import type { Later } from './hint.ts'
import { commitJudged } from './judge.ts'
import type { Committed, Judge } from './judge.ts'
import type { Log } from './log.ts'
import { catchUp, entryAt, newestState, stateAt } from './state.ts'
import type { Changes, CommitMeta, EnvState, LogEntry } from './types.ts'
import { newVersionId } from './version-id.ts'
import { pauseAbout } from '../storage/again.ts'
import type { Pause } from '../storage/again.ts'

/** One environment of a lake: a log of commits, and what they add up to. */
export interface Environment {
  readonly name: string
  /**
   * The newest state, or the state as of commit `at` (0: before the first). Throws `storage/version-unknown`
   * for a commit that does not exist, `storage/corrupt` where what it needs is damaged; a state that could be
   * read without a damaged object names it in `damaged`.
   */
  state(at?: number): Promise<EnvState>
  /** The log entry of a commit; throws as `state` does. */
  entry(number: number): Promise<LogEntry>
  /** Tries to make the commit that follows `base`, once. When others were first, their state comes back. */
  tryCommit(base: EnvState, changes: Changes, meta: CommitMeta): Promise<Attempt>
  /** Tries until the commit is made, or `judge`, called after each lost race, adopts theirs or sees a conflict. */
  commit(base: EnvState, changes: Changes, meta: CommitMeta, judge: Judge): Promise<Committed>
  /**
   * The newest state. An environment that has no commit gets a first one, which sets nothing: so that a cleaning
   * knows of it before anything is published that the cleaning could delete.
   */
  opened(run: string): Promise<EnvState>
  /** Deletes the environment: a commit that removes every head and step. Data and history stay. */
  remove(meta: Omit<CommitMeta, 'kind'>): Promise<EnvState>
  /** The commits, newest first. */
  history(options?: HistoryOptions): AsyncIterable<LogEntry>
  /** Resolves when the hint of the last commit is written. */
  flush(): Promise<void>
}

export interface EnvironmentOptions {
  /** Keeps the last state in memory, so that `state()` costs one probe when nothing is new. Default true. */
  readonly cacheState?: boolean
  /** The clock of commits, in ms. */
  readonly now?: () => number
  /** How to wait, and how ids are made: for tests that hold time and chance. */
  readonly pause?: Pause
  readonly later?: Later
  readonly newId?: (now: number) => string
}

/** The environment of a log. `log.env` is a checked name. */
export function environment(log: Log, options: EnvironmentOptions = {}): Environment {
  const { cacheState = true } = options
  const clock = clockOf(options)
  const hint = hintWriter(log.storage, log.env, clock.later)
  let latest: EnvState | undefined
  let turn: Promise<unknown> = Promise.resolve()

  function seen(state: EnvState): EnvState {
    if (cacheState && state.commit >= (latest?.commit ?? 0)) latest = state
    return state
  }

  async function attempt(base: EnvState, changes: Changes, meta: CommitMeta): Promise<Attempt> {
    // Another commit of this process was first: no need to ask the storage.
    if (latest !== undefined && latest.commit > base.commit) return { committed: false, state: latest }
    const result = await attemptCommit(log, clock, base, changes, meta)
    seen(result.state)
    if (result.committed) hint.tell(result.entry.number)
    return result
  }

  /** Commits of one process take turns: they would only lose races against each other. */
  function tryCommit(base: EnvState, changes: Changes, meta: CommitMeta): Promise<Attempt> {
    const result = turn.then(() => attempt(base, changes, meta))
    turn = result.catch(() => undefined)
    return result
  }

  const self: Environment = {
    name: log.env,
    async state(at) {
      if (at !== undefined) return latest?.commit === at ? latest : stateAt(log, at)
      return seen(await (latest === undefined ? newestState(log) : catchUp(log, latest)))
    },
    entry: (number) => entryAt(log, number),
    tryCommit,
    commit: (base, changes, meta, judge) =>
      commitJudged(
        (onto, next) => tryCommit(onto, next, meta),
        base,
        changes,
        judge,
        (next) => mayBeDeleted(log.storage, next),
      ),
    async opened(run) {
      const base = await self.state()
      if (base.commit > 0) return base
      const nothing = { heads: {}, steps: {} }
      return (await self.commit(base, nothing, { kind: 'create', run }, () => ({ adopt: true }))).state
    },
    async remove(meta) {
      const base = await self.state()
      if (base.commit === 0) return base
      return (await self.commit(base, removal(base), { ...meta, kind: 'delete-env' }, removal)).state
    },
    async *history(historyOptions) {
      yield* entriesDown(log, (await self.state()).commit, historyOptions)
    },
    flush: () => hint.flush(),
  }
  return self
}

/** The clock of options; the real one where they say none. */
export function clockOf(options: EnvironmentOptions): Clock {
  const { now = Date.now, pause = pauseAbout, later = laterByTimer, newId = newVersionId } = options
  return { now, pause, later, newId: (at) => newId(at) }
}

/** The changes that remove all that a state holds. */
function removal(state: EnvState): Changes {
  return {
    heads: Object.fromEntries(Array.from(state.heads.keys(), (table) => [table, null])),
    steps: Object.fromEntries(Array.from(state.steps.keys(), (step) => [step, null])),
  }
}
