import type { Problem } from '../../base/problem.ts'
import type { DeclaredSource } from '../../contract/spec.ts'

/** Real tables have fewer. Names alone of a million columns take more memory than most data. */
const mostColumns = 10_000

/** Why a file has too many columns, before any of them is looked at. */
export function columnLimit(source: DeclaredSource, file: string, count: number): Problem | undefined {
  if (count <= mostColumns) return undefined
  const [found, most] = [count, mostColumns].map((number) => number.toLocaleString('en-US'))
  return {
    code: 'source/limit',
    message: `source '${source.name}': the file has ${found} columns, and the limit is ${most}`,
    where: { file, line: 1 },
    hint: 'is it the file that is meant, and its delimiter? turn columns into rows before',
  }
}

/** What DuckDB says of lines and objects that are too long for its readers, with the limit in bytes. */
const tooLong: readonly (readonly [RegExp, string])[] = [
  [/Maximum line size of (\d+) bytes exceeded/i, 'a line'],
  [/"?maximum_object_size"? of (\d+) bytes exceeded/i, 'a value'],
]

/** Why a line of CSV or a value of JSON was not read, where it is too long or too deep. */
export function lengthLimit(
  source: DeclaredSource,
  where: { readonly file: string; readonly line?: number },
  said: string,
): Problem | undefined {
  for (const [pattern, what] of tooLong) {
    const bytes = Number(pattern.exec(said)?.[1])
    if (Number.isNaN(bytes)) continue
    return {
      code: 'source/limit',
      message: `source '${source.name}': ${what} has more than ${bytes.toLocaleString('en-US')} bytes, which is the limit`,
      where,
      hint: 'is a quote or an end of a line missing? split long values before',
    }
  }
  return undefined
}
