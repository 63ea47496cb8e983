import { ProblemError, problemsOf } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { stateAsOf } from '../lake/find-version.ts'
import type { EnvState } from '../lake/types.ts'
import type { DiffEnd, DiffRange } from './diff-range.ts'
import type { LakePlace } from './lake-place.ts'
import { findRef } from './lake-table.ts'
import type { FoundTable } from './lake-table.ts'

/** A version of a table, and the environment that it was found in. */
export interface DiffTable extends FoundTable {
  readonly env: string
}

/** Both versions of a table. Throws a ProblemError with all that does not exist. */
export async function tablesAt(
  place: LakePlace,
  table: string,
  { from, to }: DiffRange,
): Promise<{ before: DiffTable; after: DiffTable }> {
  if (from === undefined) {
    const after = await tableAt(place, table, to)
    return { before: await tableAt(place, table, previousOf(after)), after }
  }
  const ends = await Promise.allSettled([tableAt(place, table, from), tableAt(place, table, to)])
  const [before, after] = bothOrProblems(ends)
  return { before, after }
}

async function tableAt(place: LakePlace, table: string, end: DiffEnd): Promise<DiffTable> {
  const there = await placeIn(place, end)
  const found = await findRef(there, { table, ...(end.at && { at: end.at }) })
  return { ...found, env: there.envName }
}

function previousOf({ env, table }: DiffTable): DiffEnd {
  if (table.seq > 1) return { env, at: { seq: table.seq - 1 } }
  throw new ProblemError({
    code: 'storage/version-unknown',
    message: `environment '${env}' has one version of '${table.name}' only`,
    hint: `compare it with another environment, such as ${env}..prod`,
  })
}

/** The state of an environment at an end that names no version of a single table. */
export async function stateAt(place: LakePlace, end: DiffEnd): Promise<EnvState> {
  const { at } = end
  if (at !== undefined && !('time' in at)) {
    throw new ProblemError({
      code: 'project/usage',
      message: 'a version belongs to a table: name the table, or compare environments or times',
      hint: 'write sluice diff <table> 3..5, or sluice diff dev..prod',
    })
  }
  const there = await placeIn(place, end)
  const now = await there.state()
  if (now === undefined || there.lake === undefined) throw await unknownEnv(there)
  return at === undefined ? now : stateAsOf(there.lake.env(there.envName), now, at.time.getTime())
}

/** The same lake in the environment of an end. One that was said and does not exist is `project/unknown`. */
async function placeIn(place: LakePlace, { env = place.envName, at }: DiffEnd): Promise<LakePlace> {
  if (env === place.envName) return place
  const state = await place.lake?.env(env).state()
  const there = { ...place, envName: env, state: async () => state }
  // One that was deleted has a history still.
  const gone = state === undefined || state.commit === 0 || (at === undefined && state.heads.size === 0)
  if (gone) throw await unknownEnv(there)
  return there
}

async function unknownEnv({ lake, envName, where }: LakePlace): Promise<ProblemError> {
  const known = (await lake?.envs()) ?? []
  return new ProblemError({
    code: 'project/unknown',
    message: `there is no environment '${envName}' (in ${where})`,
    hint: didYouMean(envName, known) ?? `\`sluice run --env ${envName}\` makes it`,
  })
}

/** Both values, or all Problems of those that there are not. */
export function bothOrProblems<T>(ends: readonly [PromiseSettledResult<T>, PromiseSettledResult<T>]): [T, T] {
  const [one, two] = ends
  if (one.status === 'fulfilled' && two.status === 'fulfilled') return [one.value, two.value]
  const errors: unknown[] = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
  const problems = errors.map(problemsOf)
  const bug = problems.indexOf(undefined)
  if (bug >= 0) throw errors[bug]
  // Both ends may lack the same.
  const each = new Map(problems.flatMap((list) => list ?? []).map((problem) => [problem.message, problem]))
  throw new ProblemError([...each.values()])
}
