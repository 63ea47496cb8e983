import type { Problem } from '../../base/problem.ts'
import type { DeclaredSource } from '../../contract/spec.ts'

/** Real tables have fewer. Names alone of a million columns take more memory than most data. */
const mostColumns = 10_000

/** Bytes of a line of CSV: the default of DuckDB's, said here because the limit is ours to keep. */
export const longestLine = 2_000_000

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

/** What DuckDB says of lines and objects that are too long for its readers, with the limit in bytes where it is told. */
const tooLong: readonly (readonly [RegExp, string])[] = [
  [/Maximum line size of (\d+) bytes exceeded/i, 'a line'],
  [/"?maximum_object_size"? of (\d+) bytes exceeded/i, 'a value'],
  // A line that fills more than a buffer, in the middle of a file.
  [/does not support a full read on this file/i, 'a line'],
]

/** Why a line of CSV or a value of JSON was not read, where it is too long. */
export function lengthLimit(
  source: DeclaredSource,
  where: { readonly file: string; readonly line?: number },
  said: string,
): Problem | undefined {
  for (const [pattern, what] of tooLong) {
    const found = pattern.exec(said)
    if (found) return tooLongProblem(source, where, what, Number(found[1] ?? longestLine))
  }
  return undefined
}

/** A line of CSV that is too long. */
export function lineLimit(source: DeclaredSource, where: { readonly file: string }): Problem {
  return tooLongProblem(source, where, 'a line', longestLine)
}

function tooLongProblem(
  source: DeclaredSource,
  where: { readonly file: string; readonly line?: number },
  what: string,
  bytes: number,
): Problem {
  return {
    code: 'source/limit',
    message: `source '${source.name}': ${what} has more than ${bytes.toLocaleString('en-US')} bytes, which is the limit`,
    where,
    hint: 'is a quote or an end of a line missing? split long values before',
  }
}
