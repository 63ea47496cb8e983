import { join } from 'node:path'
import { StatIndex } from './stat-index.ts'
import { toolVersions } from './tools.ts'

/**
 * Opens the stat index in a project's folder of caches (`.sluice/`). It is safe to delete. Save it after use.
 * `clock` gives the time in ms; it stands in for the wall clock in tests.
 */
export function openIndex(folder: string, clock?: () => number): StatIndex {
  return StatIndex.open(join(folder, 'stat-index.json'), toolVersions(), clock)
}
