import type { Problem } from '../base/problem.ts'
import { isOurs, type DeltaPlace } from './delta-version.ts'
import { layout } from '../storage/layout.ts'
import type { Storage } from '../storage/storage.ts'

/** Writes versions of Delta logs, and counts those that were not there yet. */
export interface VersionWriter {
  put(place: DeltaPlace, number: number, text: string): Promise<void>
  written(): number
  readonly problems: readonly Problem[]
}

export function versionWriter(storage: Storage): VersionWriter {
  const problems: Problem[] = []
  let count = 0
  return {
    problems,
    written: () => count,
    async put({ table, root }, number, text) {
      const key = layout.deltaLog(root, number)
      if (await storage.putIfAbsent(key, Buffer.from(text))) return void count++
      const there = Buffer.from((await storage.get(key)) ?? '').toString('utf8')
      // A version of ours may differ in one way: it was exported before a cleaning deleted its manifest, or after.
      if (there !== text && !isOurs(there)) problems.push(foreign(table, key))
    },
  }
}

function foreign(table: string, key: string): Problem {
  return {
    code: 'delta/foreign-version',
    severity: 'warn',
    message: `table '${table}': '${key}' was not written by Sluice, so other tools read something else`,
    hint: 'remove that _delta_log folder, and run `sluice export delta --again`',
  }
}
