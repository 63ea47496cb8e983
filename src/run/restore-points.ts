import { ProblemError, type Problem } from '../base/problem.ts'
import { findVersion } from '../lake/find-version.ts'
import { ownerOf, type Owner } from '../lake/held.ts'
import { parseAt, parseTableRef, type TableRef } from '../lake/table-ref.ts'
import type { EnvState, Head } from '../lake/types.ts'
import { isVersionId, timeOfVersion } from '../lake/version-id.ts'
import type { LakePlace } from './lake-place.ts'
import { checkTable } from './lake-table.ts'

/** To what tables go back. */
export interface RestoreTarget {
  /** A number of a version, a time or an id, for all tables that are named. */
  readonly to?: string
  /** A commit of the environment. */
  readonly toCommit?: number
}

/** A table, and the version that it goes back to. */
export interface RestorePoint {
  readonly table: string
  readonly head: Head
  readonly writtenAt: string
  /** It was not named itself. */
  readonly along: boolean
  /** The commit at which it was that version. */
  readonly commit: number
  /** The step that writes it, as the environment remembers it; undefined when it remembers none. */
  readonly owner?: Owner
}

/**
 * The versions that are meant, with those of the other outputs of the same steps at the same commits. Throws a
 * ProblemError with all that does not exist or does not go together.
 */
export async function restorePoints(
  place: LakePlace,
  tables: readonly string[],
  target: RestoreTarget,
): Promise<RestorePoint[]> {
  checkUsage(tables, target)
  const { lake, envName } = place
  for (const text of tables) await checkTable(place, parseTableRef(text).table)
  const now = await place.state()
  if (lake === undefined || now === undefined) throw neverWritten(place)
  const env = lake.env(envName)
  const asked = new Map<string, { commit: number; at: EnvState }>()
  const { toCommit } = target
  if (toCommit !== undefined) {
    const at = await env.state(toCommit)
    for (const table of tables.length > 0 ? tables : at.heads.keys())
      asked.set(table, { commit: toCommit, at })
  } else {
    for (const text of tables) {
      const ref = refOf(text, target.to)
      const { commit } = await findVersion(env, ref)
      asked.set(ref.table, { commit, at: await env.state(commit) })
    }
  }
  return joined(place, now, asked)
}

/** Adds the tables that come along, and looks whether tables of one step go to one point. */
function joined(
  place: LakePlace,
  now: EnvState,
  asked: ReadonlyMap<string, { commit: number; at: EnvState }>,
): RestorePoint[] {
  const points = new Map<string, RestorePoint>()
  const problems: Problem[] = []
  for (const [table, { commit, at }] of asked) {
    const owner = ownerOf(now, table) ?? ownerOf(at, table)
    const together = [...new Set([table, ...Object.keys(owner?.record.outputs ?? {})])]
    for (const each of together) {
      const head = at.heads.get(each)
      if (head === undefined) {
        problems.push(notThere(place.envName, table, each, commit))
        continue
      }
      const before = points.get(each)
      if (before && before.head.version !== head.version)
        problems.push(twoPoints(together, before.commit, commit))
      const writtenAt = isVersionId(head.version) ? timeOfVersion(head.version).toISOString() : ''
      const along = !asked.has(each)
      points.set(each, { table: each, head, writtenAt, along, commit, ...(owner && { owner }) })
    }
  }
  if (problems.length > 0) throw new ProblemError(problems)
  return [...points.values()]
}

function checkUsage(tables: readonly string[], { to, toCommit }: RestoreTarget): void {
  const usage = (message: string, hint: string) => new ProblemError({ code: 'project/usage', message, hint })
  const bare = tables.filter((text) => !text.includes('@'))
  if (to !== undefined && toCommit !== undefined)
    throw usage('say --to or --to-commit, not both', 'a commit is a state of all tables, a version is of one')
  if (toCommit !== undefined || to !== undefined) {
    const said = tables.find((text) => text.includes('@'))
    if (said !== undefined)
      throw usage(`'${said}' names a version, and so does --to`, 'leave one of them out')
    if (to !== undefined && tables.length === 0)
      throw usage('no table is named', `write sluice restore silver.trips --to ${to}`)
  } else if (tables.length === 0 || bare.length > 0) {
    const table = bare[0] ?? 'silver.trips'
    throw usage(
      `to which version is ${bare.length > 0 ? `'${table}'` : 'what'} to go back?`,
      `write sluice restore ${table} --to 3, or --to '2026-01-31'; \`sluice log ${table}\` lists the versions`,
    )
  }
}

function refOf(text: string, to: string | undefined): TableRef {
  const ref = parseTableRef(text)
  return to === undefined ? ref : { ...ref, at: parseAt(`${ref.table}@${to}`, to) }
}

function notThere(env: string, asked: string, table: string, commit: number): Problem {
  const along =
    asked === table ? '' : `; the step that writes '${asked}' writes it too, and both go back together`
  return {
    code: 'storage/version-unknown',
    message: `environment '${env}' had no '${table}' at commit ${commit}${along}`,
    hint: `\`sluice log ${table}\` lists its versions`,
  }
}

function twoPoints(tables: readonly string[], one: number, two: number): Problem {
  const list = tables.map((table) => `'${table}'`).join(' and ')
  return {
    code: 'project/usage',
    message: `one step writes ${list}: they cannot go to commit ${one} and to commit ${two} at once`,
    hint: `restore them to one commit: --to-commit ${Math.max(one, two)}`,
  }
}

function neverWritten({ envName, where }: LakePlace): ProblemError {
  return new ProblemError({
    code: 'project/unknown',
    message: `environment '${envName}' was never written (in ${where})`,
    hint: '`sluice run` writes it',
  })
}
