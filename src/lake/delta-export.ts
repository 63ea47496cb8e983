import { emptyRecord } from '../base/record.ts'
import pLimit from 'p-limit'
import type { Problem } from '../base/problem.ts'
import { readCursor, writeCursor, type DeltaCursor } from './delta-cursor.ts'
import { exportMoment } from './delta-moment.ts'
import { momentsAfter, type TableMoment } from './delta-moments.ts'
import type { Environment } from './environment.ts'
import type { Lake } from './lake.ts'

export interface DeltaExport {
  /** The default environment of the lake: the one that is exported. */
  readonly env: string
  /** The last commit that is exported now. */
  readonly commit: number
  /** By table, the last version of its Delta log that this export wrote or found there. */
  readonly tables: { readonly [table: string]: number }
  /** How many versions this export wrote; others may have written the rest at the same time. */
  readonly written: number
  /** Warnings: tables that Delta cannot hold, entries that somebody else wrote. */
  readonly problems: readonly Problem[]
}

export interface DeltaExportOptions {
  /** Begins at the first commit: writes what has been removed from Delta logs again. */
  readonly again?: boolean
  readonly signal?: AbortSignal
}

/**
 * Brings the Delta logs of a lake's default environment up to date with its commits: one object for each version
 * of a table, created only if absent, in the order of commits. Whoever exports at the same time writes the same.
 * Costs a read of the cursor, of each new commit, and a write for each new version. Throws as reading a log does.
 */
export async function exportDelta(lake: Lake, options: DeltaExportOptions = {}): Promise<DeltaExport> {
  const env = lake.env(lake.defaultEnv)
  const known = options.again ? undefined : await readCursor(lake.storage, env.name)
  const start = known && (await isOfLog(env, known)) ? known : undefined
  const atOnce = pLimit(8)
  const tables = emptyRecord<number>()
  const problems: Problem[] = []
  let written = 0
  let commit = start?.commit ?? 0
  let parts = 0
  let unsaved: DeltaCursor | undefined
  for await (const { moments, cursor } of momentsAfter(env, start)) {
    options.signal?.throwIfAborted()
    // Versions of one table in their order; tables do not wait for each other.
    await Promise.all(
      Array.from(byTable(moments), ([table, list]) =>
        atOnce(async () => {
          for (const moment of list) {
            const done = await exportMoment(lake, env.name, moment)
            written += done.written
            problems.push(...done.problems)
            tables[table] = moment.number
          }
        }),
      ),
    )
    commit = cursor.commit
    unsaved = cursor
    // Of a long history that is exported for the first time, what is done stays done.
    if (++parts % 16 === 0) await writeCursor(lake.storage, env.name, cursor)
  }
  if (unsaved) await writeCursor(lake.storage, env.name, unsaved)
  return { env: env.name, commit, tables, written, problems }
}

/** Whether a cursor speaks of the log that there is. */
async function isOfLog(env: Environment, cursor: DeltaCursor): Promise<boolean> {
  const { commit } = await env.state()
  return cursor.commit > 0 && cursor.commit <= commit && (await env.entry(cursor.commit)).id === cursor.id
}

function byTable(moments: readonly TableMoment[]): Map<string, TableMoment[]> {
  const groups = new Map<string, TableMoment[]>()
  for (const moment of moments) groups.set(moment.table, [...(groups.get(moment.table) ?? []), moment])
  return groups
}
