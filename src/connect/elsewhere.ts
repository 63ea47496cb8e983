import { setTimeout as wait } from 'node:timers/promises'
import type { DeclaredSource } from '../contract/spec.ts'
import type { Connections } from './config.ts'
import type { Fetched, Fetching } from './fetched.ts'

/** Sources that are no files of this machine, fetched once: a run sees one state of each. */
export interface Elsewhere {
  /** The files that a source is now. Drivers are loaded at the first call. */
  fetch(source: DeclaredSource): Promise<Fetched>
  /** The next call looks again: where another run has published what it saw, that may be newer. */
  forget(source: DeclaredSource): void
}

export type ElsewhereOptions = Omit<Fetching, 'now' | 'pause'> & {
  readonly connections: Connections
  readonly now?: () => number
  readonly pause?: Fetching['pause']
}

const pauseFor: Fetching['pause'] = (ms, signal) => wait(ms, undefined, { ...(signal && { signal }) })

/** What is fetched for one run, or one command. */
export function elsewhereOf(options: ElsewhereOptions): Elsewhere {
  const around = { now: Date.now, pause: pauseFor, ...options }
  const known = new Map<string, Promise<Fetched>>()
  return {
    forget: (source) => void known.delete(keyOf(source)),
    fetch(source) {
      const key = keyOf(source)
      const before = known.get(key)
      if (before) return before
      const fetched = fetchNow(around, source)
      known.set(key, fetched)
      // What failed is tried again: the step may be.
      fetched.catch(() => known.delete(key))
      return fetched
    },
  }
}

function keyOf({ sql, paths, web, format, columns }: DeclaredSource): string {
  return JSON.stringify({ sql, paths, web, format, columns })
}

async function fetchNow(
  around: Fetching & { readonly connections: Connections },
  source: DeclaredSource,
): Promise<Fetched> {
  if (source.sql) return (await import('./snapshot.ts')).snapshot(around, source, source.sql)
  return (await import('./web.ts')).fetchWeb(around, source)
}
