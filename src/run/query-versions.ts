import { relationParts } from '../engine/duckdb/ad-hoc-tables.ts'
import { versionRefs, withRelations, type VersionRef } from '../engine/duckdb/version-refs.ts'
import { parseAt, type TableRef } from '../lake/table-ref.ts'
import { ProblemError, problemsOf, type Problem } from '../base/problem.ts'
import type { LakePlace } from './lake-place.ts'
import { findRef, type FoundTable } from './lake-table.ts'

/** A query in which versions of tables have names of their own, and those versions by these names. */
export interface VersionedQuery {
  readonly text: string
  /** The index in the query as it was said for a place in bytes of `text`. */
  readonly indexAt: (bytes: number) => number | undefined
  readonly versions: ReadonlyMap<string, FoundTable>
}

/**
 * Finds the versions that a query asks for, such as `silver.trips@12`. Throws a ProblemError with all that do not
 * exist: `project/unknown`, `storage/version-unknown`, `project/usage`.
 */
export async function queryVersions(place: LakePlace, sql: string): Promise<VersionedQuery> {
  const state = await place.state()
  const known = new Map<string, string>()
  for (const name of [...(state?.gone?.keys() ?? []), ...(state?.heads.keys() ?? [])])
    known.set(name.toLowerCase(), name)
  const versions = new Map<string, FoundTable>()
  const written: { ref: VersionRef; relation: readonly string[] }[] = []
  const problems: Problem[] = []
  for (const ref of versionRefs(sql)) {
    const name = ref.name.join('.')
    const table = known.get(name.toLowerCase())
    // `SELECT@5` is the absolute value of 5.
    if (table === undefined && !ref.isTable) continue
    const found = await settled(() => lookUp(place, { table: table ?? name }, ref.at))
    if ('problems' in found) problems.push(...found.problems)
    else {
      const relation = `${found.value.table.name}@${found.value.table.seq}`
      versions.set(relation, found.value)
      written.push({ ref, relation: relationParts(relation) })
    }
  }
  if (problems.length > 0) throw new ProblemError(problems)
  return { ...withRelations(sql, written), versions }
}

function lookUp(place: LakePlace, { table }: TableRef, at: string): Promise<FoundTable> {
  return findRef(place, { table, at: parseAt(`${table}@${at}`, at) })
}

async function settled<T>(look: () => Promise<T>): Promise<{ value: T } | { problems: readonly Problem[] }> {
  try {
    return { value: await look() }
  } catch (error) {
    const problems = problemsOf(error)
    if (problems === undefined) throw error
    return { problems }
  }
}
