import { allEnvironments } from './environments.ts'
import { entriesDown } from './history.ts'
import { keysOfHead } from './head-files.ts'
import { lastEntry } from './log.ts'
import { parseManifest } from './manifest.ts'
import { pinnedCommits } from './pins.ts'
import { stateAt } from './state.ts'
import type { Head, LogEntry } from './types.ts'
import type { Storage } from '../storage/storage.ts'

/** What is needed, and the last commits of all environments when that was found. */
export interface Needed {
  /** Keys of manifests and data files. */
  readonly keys: ReadonlySet<string>
  readonly commits: { readonly [env: string]: number }
  /** How many live runs have pinned what they read. */
  readonly pinned: number
}

/** From when on what commits named is needed. */
export interface Window {
  /** Ms since 1970, by the clocks of those who committed. */
  readonly since: number
  /** Pins older than this, in ms since 1970 by the clock of the store, do not count. */
  readonly alive: number
  /** In each environment at the latest from this commit on; where it says none, all of its commits. */
  readonly from?: { readonly [env: string]: number }
}

/**
 * Reads which objects are needed, over all environments: by the head of any table at any commit since a time, at
 * the commit before it, and since the commits that live runs have pinned. Damage in that part of a log throws
 * `storage/corrupt`, and so does a table whose files nobody can name: in doubt, nothing is deleted.
 */
export async function neededKeys(storage: Storage, window: Window): Promise<Needed> {
  const keys = new Set<string>()
  const commits: Record<string, number> = {}
  // Pins before logs: a run that ends in between has committed what it pinned.
  const pins = await pinnedCommits(storage, window.alive)
  for (const env of await allEnvironments(storage)) {
    const last = await lastEntry({ storage, env })
    if (last === undefined) continue
    commits[env] = last.number
    const from = window.from === undefined ? Infinity : (window.from[env] ?? 0)
    const pinned = Math.min(from, pins.from(env))
    const stop = (entry: LogEntry) => Date.parse(entry.at) < window.since && entry.number <= pinned
    await checkHeads({ storage, env }, last.number)
    let first = last.number
    for await (const entry of entriesDown({ storage, env }, last.number)) {
      first = entry.number
      await addHeads(storage, keys, Object.values(entry.heads))
      if (stop(entry)) break
    }
    // Heads that were set before the first of these commits and stood at it.
    await addHeads(storage, keys, (await stateAt({ storage, env }, first)).heads.values())
  }
  return { keys, commits, pinned: pins.runs }
}

async function addHeads(storage: Storage, keys: Set<string>, heads: Iterable<Head | null>): Promise<void> {
  for (const head of heads) {
    // A manifest names the same files each time.
    if (head === null || (head.many !== undefined && keys.has(head.manifest))) continue
    for (const key of await keysOfHead(storage, head)) keys.add(key)
  }
}

/** Throws where a table's manifest is gone and its head does not list the files: they may be shared ones. */
async function checkHeads(
  log: { readonly storage: Storage; readonly env: string },
  at: number,
): Promise<void> {
  const { heads } = await stateAt(log, at)
  for (const [table, head] of heads) {
    if (head.many === undefined || (await log.storage.stat(head.manifest))) continue
    // Another run may have published a newer version meanwhile, and another cleaning deleted this one.
    const last = await lastEntry(log)
    const now = last && (await stateAt(log, last.number)).heads.get(table)
    if (now?.manifest === head.manifest) parseManifest(head.manifest, undefined)
  }
}
