import { ProblemError } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { heldTables, isHeld, ownerOf, type Owner } from '../lake/held.ts'
import { movedBy } from '../lake/judge.ts'
import type { Changes, EnvState } from '../lake/types.ts'
import { tableNameFault } from '../base/names.ts'
import { keptDetail } from './kept-detail.ts'
import { openPlace } from './lake-place.ts'
import { checkTable } from './lake-table.ts'
import type { ProjectOptions } from './options.ts'
import { checkAllowed } from './protect.ts'

export interface ReleaseOptions extends ProjectOptions {
  /** Releases in a protected environment too. */
  readonly allowProtected?: boolean
}

export interface ReleaseResult {
  readonly env: string
  /** Undefined when nothing was held. */
  readonly commit?: number
  /** What runs may write again; with a table the other outputs of its step. */
  readonly released: readonly string[]
  /** Tables that were named and not held. */
  readonly free: readonly string[]
}

/**
 * Ends the hold of restored tables, in one commit. The next run judges their steps as usual, which mostly undoes
 * the restore.
 *
 * @throws ProblemError `project/unknown`, `project/usage`, `env/protected`
 */
export async function release(
  tables: readonly string[],
  options: ReleaseOptions = {},
): Promise<ReleaseResult> {
  const place = await openPlace(options)
  try {
    checkAllowed(place, 'a release', options.allowProtected)
    const base = await place.state()
    const held = base ? heldTables(base) : new Set<string>()
    if (tables.length === 0) throw nothingNamed(held)
    for (const table of tables) {
      if (tableNameFault(table) !== undefined) throw noTable(table, held)
      await checkTable(place, table)
    }
    const env = place.envName
    const free = tables.filter((table) => !held.has(table))
    if (place.lake === undefined || base === undefined || free.length === tables.length)
      return { env, released: [], free }
    const environment = place.lake.env(env)
    const owners = ownersIn(base, tables)
    const released = owners.flatMap(({ record }) => Object.keys(record.held ?? {}))
    const changes = { heads: {}, steps: Object.fromEntries(owners.map(freed)) }
    const detail = await keptDetail(environment, owners)
    const meta = { kind: 'release', run: place.lake.runs.newId(), detail } as const
    const { state } = await environment.commit(base, changes, meta, (now) =>
      movedBy(base, now, changes).length > 0 ? 'conflict' : changes,
    )
    await environment.flush()
    return { env, commit: state.commit, released, free }
  } finally {
    await place.close()
  }
}

/** The steps of tables that are held, each once. */
function ownersIn(base: EnvState, tables: readonly string[]): Owner[] {
  const owners = tables.flatMap((table) => ownerOf(base, table) ?? [])
  return [...new Map(owners.map((owner) => [owner.key, owner])).values()].filter(({ record }) =>
    isHeld(record, base),
  )
}

function freed({ key, record }: Owner): [string, Changes['steps'][string]] {
  const { commit: _commit, held: _held, ...rest } = record
  return [key, rest]
}

function nothingNamed(held: ReadonlySet<string>): ProblemError {
  const list = [...held].join(', ')
  return new ProblemError({
    code: 'project/usage',
    message: 'no table is named',
    hint: list === '' ? 'no table is held in this environment' : `held are: ${list}`,
  })
}

function noTable(table: string, held: ReadonlySet<string>): ProblemError {
  return new ProblemError({
    code: 'project/unknown',
    message: `'${table}' is not the name of a table`,
    hint: didYouMean(table, held) ?? 'name the table without a version',
  })
}
