import { ProblemError } from '../base/problem.ts'
import type { Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Manifest } from '../lake/types.ts'

/** What of two versions is compared. */
export interface DiffChoice {
  /** The columns that identify a row; the key of the contract when left out. */
  readonly key?: readonly string[]
  /** The columns that are compared beside the key; all that both versions have when left out. */
  readonly columns?: readonly string[]
}

/** Key and columns of a comparison, and the columns that are left out of it. */
export interface ComparedColumns {
  readonly key: readonly string[]
  readonly columns: readonly string[]
  readonly notCompared: readonly string[]
}

/**
 * Which columns match rows, and which are compared: the key that was asked for, else that of the later
 * contract, else that of the earlier, where both versions have its columns. Throws `project/unknown` for
 * columns that there are not.
 */
export function comparedColumns(before: Manifest, after: Manifest, choice: DiffChoice): ComparedColumns {
  const all = [...new Set([...after.columns, ...before.columns].map(({ name }) => name))]
  const shared = all.filter((name) => has(before, name) && has(after, name))
  const problems = [
    ...unknown(after.table, all, [...(choice.key ?? []), ...(choice.columns ?? [])]),
    ...oneSided(
      after.table,
      (choice.key ?? []).filter((name) => all.includes(name) && !shared.includes(name)),
    ),
  ]
  if (problems.length > 0) throw new ProblemError(problems)
  const usable = (key: readonly string[]) => key.length > 0 && key.every((name) => shared.includes(name))
  const key = [...new Set(choice.key ?? [after.key, before.key].find(usable) ?? [])]
  const wanted = choice.columns ?? all
  const columns = shared.filter((name) => wanted.includes(name) && !key.includes(name))
  return { key, columns, notCompared: all.filter((name) => !columns.includes(name) && !key.includes(name)) }
}

function has(manifest: Manifest, column: string): boolean {
  return manifest.columns.some(({ name }) => name === column)
}

function unknown(table: string, known: readonly string[], names: readonly string[]): Problem[] {
  return [...new Set(names)]
    .filter((name) => !known.includes(name))
    .map((name) => ({
      code: 'project/unknown',
      message: `table '${table}' has no column '${name}' in either version`,
      hint: didYouMean(name, known),
    }))
}

function oneSided(table: string, names: readonly string[]): Problem[] {
  return names.map((name) => ({
    code: 'project/usage',
    message: `rows of '${table}' cannot be matched by '${name}': only one of the versions has it`,
  }))
}
