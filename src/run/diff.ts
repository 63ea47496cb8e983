import { ProblemError, problemsOf } from '../base/problem.ts'
import type { Problem } from '../base/problem.ts'
import type { EnvState } from '../lake/types.ts'
import { closeAll } from './close-all.ts'
import { bothOrProblems, stateAt, tablesAt } from './diff-ends.ts'
import type { DiffTable } from './diff-ends.ts'
import { parseRange, tableAndRange } from './diff-range.ts'
import type { TableDiff } from './diff-result.ts'
import { diffPresence, diffVersions } from './diff-tables.ts'
import type { DiffHow } from './diff-tables.ts'
import { openPlace } from './lake-place.ts'
import type { LakePlace } from './lake-place.ts'
import { openLakeReader } from './lake-reader.ts'
import type { LakeReader } from './lake-reader.ts'
import { foundHead } from './lake-table.ts'
import type { ProjectOptions } from './options.ts'

export interface DiffOptions extends ProjectOptions, DiffHow {
  /**
   * What is compared: `dev..prod`, `3..5`, `prod@3..dev`, `2026-01-01..`; the version before with the head
   * when left out.
   */
  readonly range?: string
}

/**
 * How two versions of a table differ: its columns, its rows by key, and the cells that changed. It only reads.
 *
 * @param table such as `silver.trips`, or `silver.trips@3` to compare that version with the head
 * @throws ProblemError `project/unknown`, `storage/version-unknown`, `project/usage`, `storage/corrupt`
 */
export async function diff(table: string, options: DiffOptions = {}): Promise<TableDiff> {
  const { range, ...how } = checkedHow(options)
  const meant = tableAndRange(table, range)
  return withReader(options, async (place, reader) => {
    const { before, after } = await tablesAt(place, meant.table, meant.range)
    return diffVersions(reader, before, after, how)
  })
}

/**
 * How all tables of two environments, or of one at two times, differ, by name; tables of the same version on
 * both sides are left out. What is wrong with some tables is thrown when all others were told.
 *
 * @param range such as `dev..prod` or `2026-01-01..`
 */
export async function* diffAll(
  range: string,
  options: ProjectOptions & Pick<DiffHow, 'examples' | 'tolerance'> = {},
): AsyncGenerator<TableDiff, void> {
  const how = checkedHow(options)
  const { from = {}, to } = parseRange(range)
  const place = await openPlace(options)
  const reader = openLakeReader(place)
  try {
    const ends = await Promise.allSettled([stateAt(place, from), stateAt(place, to)])
    yield* diffStates(place, reader, bothOrProblems(ends), how)
  } finally {
    await closeAll(reader, place)
  }
}

/** The differences of the tables of two states, by name. */
async function* diffStates(
  { lake }: LakePlace,
  reader: LakeReader,
  [one, two]: readonly [EnvState, EnvState],
  how: DiffHow,
): AsyncGenerator<TableDiff, void> {
  const problems: Problem[] = []
  for (const name of [...new Set([...one.heads.keys(), ...two.heads.keys()])].toSorted()) {
    if (one.heads.get(name)?.version === two.heads.get(name)?.version) continue
    try {
      const tableIn = async ({ env, heads }: EnvState): Promise<DiffTable | undefined> => {
        const head = heads.get(name)
        return head && lake && { ...(await foundHead(lake, name, head)), env }
      }
      const [before, after] = [await tableIn(one), await tableIn(two)]
      yield before && after ? await diffVersions(reader, before, after, how) : diffPresence(before, after)
    } catch (error) {
      const found = problemsOf(error)
      if (found === undefined) throw error
      problems.push(...found)
    }
  }
  if (problems.length > 0) throw new ProblemError(problems)
}

async function withReader<T>(
  options: ProjectOptions,
  work: (place: LakePlace, reader: LakeReader) => Promise<T>,
): Promise<T> {
  const place = await openPlace(options)
  const reader = openLakeReader(place)
  try {
    return await work(place, reader)
  } finally {
    await closeAll(reader, place)
  }
}

function checkedHow<T extends DiffHow>(how: T): T {
  const { tolerance = 0, examples = 0 } = how
  const problems: Problem[] = []
  if (!(tolerance >= 0 && Number.isFinite(tolerance)))
    problems.push({
      code: 'project/usage',
      message: `a tolerance of ${tolerance}: a number from 0 on is expected`,
    })
  if (!Number.isInteger(examples) || examples < 0)
    problems.push({
      code: 'project/usage',
      message: `${examples} examples: a whole number from 0 on is expected`,
    })
  if (problems.length > 0) throw new ProblemError(problems)
  return how
}
