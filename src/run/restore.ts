import { emptyRecord } from '../base/record.ts'
import { ProblemError, type Problem } from '../base/problem.ts'
import { mayBeDeleted } from '../lake/fence.ts'
import { isHeld, type Owner } from '../lake/held.ts'
import { movedBy } from '../lake/judge.ts'
import type { Changes, CommitMeta, EnvState } from '../lake/types.ts'
import { exportCommits } from './export-delta.ts'
import { keptDetail } from './kept-detail.ts'
import { openPlace } from './lake-place.ts'
import type { ProjectOptions } from './options.ts'
import { checkAllowed } from './protect.ts'
import { checkWhole } from './restore-files.ts'
import { restorePoints, type RestorePoint, type RestoreTarget } from './restore-points.ts'

export interface RestoreOptions extends ProjectOptions, RestoreTarget {
  /** Restores in a protected environment too. */
  readonly allowProtected?: boolean
}

/** A table that was restored, or that is what was asked for already. */
export interface RestoredTable {
  readonly table: string
  /** The number of the version that was asked for. */
  readonly from: number
  /** Its number now: `silver.trips@6`. The same as before where the table is that version already. */
  readonly seq: number
  readonly version: string
  readonly rows: number
  /** When its rows were written, ISO 8601. */
  readonly writtenAt: string
  /** It comes along, because the step that writes it writes a table that was asked for. */
  readonly along: boolean
  readonly moved: boolean
  /** Runs leave it alone until it is released, forced, or its code changes. */
  readonly held: boolean
}

export interface RestoreResult {
  readonly env: string
  readonly where: string
  /** Undefined when everything was as asked for: then nothing was committed. */
  readonly commit?: number
  readonly tables: readonly RestoredTable[]
  /** What of it could not be exported for other tools. */
  readonly warnings?: readonly Problem[]
}

/**
 * Makes earlier versions of tables the heads again, in one commit. All outputs of a step go back together, to one
 * commit, since they belong together. The tables are held: the next run leaves them alone, and what is downstream
 * is computed from them.
 *
 * @param tables names, each with a version (`silver.trips@3`) unless `to` or `toCommit` says it for all; with
 * `toCommit` all tables of that commit when none are named
 * @throws ProblemError `storage/version-unknown` for versions that do not exist or are deleted, `storage/corrupt`
 * for damaged ones, `env/protected`, `project/usage`
 */
export async function restore(
  tables: readonly string[],
  options: RestoreOptions = {},
): Promise<RestoreResult> {
  const place = await openPlace(options)
  try {
    checkAllowed(place, 'a restore', options.allowProtected)
    const points = await restorePoints(place, tables, options)
    const { lake, envName: env, where } = place
    const base = await place.state()
    if (lake === undefined || base === undefined) return { env, where, tables: [] }
    const moved = points.filter((point) => point.head.version !== base.heads.get(point.table)?.version)
    if (moved.length === 0) return { env, where, tables: points.map((point) => told(point, base)) }
    await checkWhole(lake, lake.env(env), moved)
    const environment = lake.env(env)
    const changes = changesFor(points, moved)
    // A cleaning that has planned to delete a version before this state does not look again.
    if (await mayBeDeleted(lake.storage, changes)) throw beingCleaned(env)
    const meta: CommitMeta = {
      kind: 'restore',
      run: lake.runs.newId(),
      restored: Object.fromEntries(moved.map(({ table, head }) => [table, head.seq])),
      detail: await keptDetail(environment, ownersOf(moved)),
    }
    const result = await environment.commit(base, changes, meta, (state) =>
      movedBy(base, state, changes).length > 0 ? 'conflict' : changes,
    )
    await environment.flush()
    if (!result.committed) throw beingCleaned(env)
    const list = points.map((point) => told(point, result.state, base))
    const warnings = await exportCommits(place, lake)
    return { env, where, commit: result.state.commit, tables: list, ...(warnings.length > 0 && { warnings }) }
  } finally {
    await place.close()
  }
}

/** The heads and records to set. A record goes on as it is, and says what is held. */
function changesFor(points: readonly RestorePoint[], moved: readonly RestorePoint[]): Changes {
  const heads = emptyRecord<Changes['heads'][string]>()
  for (const { table, head } of moved) {
    const { seq: _seq, commit: _commit, ...rest } = head
    heads[table] = rest
  }
  const steps = emptyRecord<Changes['steps'][string]>()
  for (const { key, record } of ownersOf(moved)) {
    const { commit: _commit, ...rest } = record
    const own = points.filter((point) => point.owner?.key === key)
    steps[key] = { ...rest, held: Object.fromEntries(own.map(({ table, head }) => [table, head.version])) }
  }
  return { heads, steps }
}

function ownersOf(points: readonly RestorePoint[]): Owner[] {
  const owners = points.flatMap(({ owner }) => (owner ? [[owner.key, owner] as const] : []))
  return [...new Map(owners).values()]
}

function told(point: RestorePoint, now: EnvState, before: EnvState = now): RestoredTable {
  const { table, head, writtenAt, along, owner } = point
  const record = owner && now.steps.get(owner.key)
  return {
    table,
    from: head.seq,
    seq: now.heads.get(table)?.seq ?? head.seq,
    version: head.version,
    rows: head.rows,
    writtenAt,
    along,
    moved: before.heads.get(table)?.version !== head.version,
    held: record !== undefined && isHeld(record, now),
  }
}

function beingCleaned(env: string): ProblemError {
  return new ProblemError({
    code: 'storage/version-unknown',
    message: `a cleaning deletes the version that was to be restored in environment '${env}'; nothing was changed`,
    hint: '`sluice log <table>` lists its versions; if a `sluice gc` was broken off, run it again to its end',
  })
}
