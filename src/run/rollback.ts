import { ProblemError, type Problem } from '../base/problem.ts'
import { mayBeDeleted } from '../lake/fence.ts'
import type { Lake } from '../lake/lake.ts'
import type { EnvState, Head } from '../lake/types.ts'
import { sideOf, type SideTable } from './env-diff.ts'
import { openEnvPlace, stateOf, type PlaceOptions } from './env-place.ts'
import { exportCommits } from './export-delta.ts'
import { damageOf } from './promote-checks.ts'
import { changedMeanwhile } from './promote.ts'
import { rollbackSet } from './rollback-set.ts'

export interface RollbackOptions extends PlaceOptions {
  /** The number of the commit to go back to. */
  readonly to: number
  /** Holds what goes back, so that the next run does not compute it anew; true when left out. */
  readonly hold?: boolean
  readonly dryRun?: boolean
  /** Asked with the plan before anything is done; it is done when left out. */
  readonly confirm?: (plan: RollbackPlan) => Promise<boolean>
}

/** A table that goes back; without `after` it goes, because it was not there then. */
export interface RolledBackTable {
  readonly table: string
  readonly before?: SideTable
  readonly after?: SideTable
}

export interface RollbackPlan {
  readonly env: string
  /** The commit that stands. */
  readonly from: number
  readonly to: number
  /** When the commit to go back to was made, ISO 8601; left out for 0, before the first. */
  readonly at?: string
  readonly tables: readonly RolledBackTable[]
  /** Steps that the next run computes anew, because they had never run then. */
  readonly again: readonly string[]
  readonly held: boolean
  /** Why it is refused: versions that are gone or damaged. */
  readonly problems: readonly Problem[]
}

export interface RollbackResult {
  readonly outcome: 'rolled-back' | 'nothing' | 'planned' | 'declined' | 'refused'
  readonly plan: RollbackPlan
  readonly commit?: number
  /** Why tables could not be exported for other tools. The rollback stands. */
  readonly warnings?: readonly Problem[]
}

/**
 * Makes all tables of an environment what they were at a commit, in one new commit: history stays. They are held,
 * as after a restore, since the code that wrote what is taken back would write it again.
 *
 * @throws ProblemError `storage/version-unknown` for a commit that there is not, `storage/commit-conflict`
 */
export async function rollback(env: string, options: RollbackOptions): Promise<RollbackResult> {
  const { to, hold = true } = options
  const place = await openEnvPlace(options)
  try {
    const { lake } = place
    const environment = lake.env(env)
    const [base, then] = [await stateOf(place, env), await environment.state(to)]
    const { changes, again } = rollbackSet(base, then, hold)
    const tables = Object.keys(changes.heads).toSorted()
    const plan: RollbackPlan = {
      env,
      from: base.commit,
      to,
      ...(to > 0 && { at: (await environment.entry(to)).at }),
      tables: tables.map((table) => sidesOf(table, base, then)),
      again,
      held: hold,
      problems: await problemsOf(lake, env, tables, then),
    }
    if (plan.problems.length > 0) return { outcome: 'refused', plan }
    if (tables.length + Object.keys(changes.steps).length === 0) return { outcome: 'nothing', plan }
    if (options.dryRun) return { outcome: 'planned', plan }
    if (options.confirm && !(await options.confirm(plan))) return { outcome: 'declined', plan }
    // A cleaning that has planned to delete a version before this state does not look again.
    if (await mayBeDeleted(lake.storage, changes)) throw beingCleaned(env)
    const restored = tables.flatMap((table) => {
      const head = then.heads.get(table)
      return head ? [[table, head.seq] as const] : []
    })
    const meta = {
      kind: 'rollback',
      run: lake.runs.newId(),
      source: { env, commit: to },
      restored: Object.fromEntries(restored),
    } as const
    const done = await environment.commit(base, changes, meta, (now) =>
      changedMeanwhile(base, now, changes) ? 'conflict' : changes,
    )
    if (!done.committed) throw beingCleaned(env)
    await environment.flush()
    const warnings = await exportCommits({ ...place, envName: env }, lake)
    const commit = done.entry.number
    return { outcome: 'rolled-back', plan, commit, ...(warnings.length > 0 && { warnings }) }
  } finally {
    await place.close()
  }
}

function sidesOf(table: string, base: EnvState, then: EnvState): RolledBackTable {
  const [before, after] = [base.heads.get(table), then.heads.get(table)]
  return { table, ...(before && { before: sideOf(before) }), ...(after && { after: sideOf(after) }) }
}

async function problemsOf(
  lake: Lake,
  env: string,
  tables: readonly string[],
  then: EnvState,
): Promise<Problem[]> {
  const found: Problem[] = []
  for (const table of tables) {
    const head = then.heads.get(table)
    if (head === undefined) continue
    if ((await lake.storage.stat(head.manifest)) === undefined)
      found.push(deleted(env, table, head, then.commit))
    else found.push(...(await damageOf(() => lake.headFiles(table, head))))
  }
  return found
}

function deleted(env: string, table: string, { seq }: Head, commit: number): Problem {
  return {
    code: 'storage/version-unknown',
    message: `'${table}@${seq}', which '${env}' had at commit ${commit}, was deleted by \`sluice gc\``,
    hint: `\`sluice log --env ${env}\` lists later commits; \`gc.retain\` in sluice.yaml says how long versions stay`,
  }
}

function beingCleaned(env: string): ProblemError {
  return new ProblemError({
    code: 'storage/version-unknown',
    message: `a cleaning deletes versions that environment '${env}' was to go back to; nothing was changed`,
    hint: 'choose a later commit; if a `sluice gc` was broken off, run it again to its end',
  })
}
