import type { ProblemCode } from '../../base/codes.ts'
import type { Problem } from '../../base/problem.ts'
import type { DeclaredColumn, DeclaredSource } from '../../contract/spec.ts'
import { firstLine, type Fault } from './faults.ts'
import { lengthLimit } from './source-limits.ts'

/** A value that is not of its declared type. */
export function valueProblem(
  source: DeclaredSource,
  where: { file: string; line: number },
  column: DeclaredColumn,
  raw: string,
): Problem {
  return {
    code: 'source/value',
    message: `source '${source.name}': column '${column.name}': "${raw.slice(0, 100)}" is not ${column.type}`,
    where,
  }
}

const kinds: readonly (readonly [RegExp, ProblemCode, string])[] = [
  [
    /utf-8|unicode|encod/i,
    'source/encoding',
    "say its encoding, such as encoding: 'windows-1252', or save it as UTF-8",
  ],
  [
    /unterminated quote|Number of Columns|line size/i,
    'source/format',
    'compare the line with the header, and the dialect with the file',
  ],
]

/** A file that is not the CSV or the encoding that it should be, from what DuckDB says. */
export function formatProblem(
  source: DeclaredSource,
  where: { file: string; line?: number },
  text: string,
): Problem {
  const limit = lengthLimit(source, where, text)
  if (limit) return limit
  const [, code = 'source/format', hint] = kinds.find(([pattern]) => pattern.test(text)) ?? []
  const said = text
    .split('\n')
    .filter((line) => line !== '' && !/^(CSV Error|Original Line|Possible)/.test(line))
  const message = firstLine(code === 'source/encoding' ? 'the file is not UTF-8' : (said[0] ?? text))
  return { code, message: `source '${source.name}': ${message}`, where, ...(hint !== undefined && { hint }) }
}

/** An error of DuckDB's CSV reader that ended the reading. */
export function csvFaultProblem(source: DeclaredSource, fault: Fault, file: string): Problem {
  const named = /^\s*file = (.*)$/m.exec(fault.message)?.[1]
  const line = /^CSV Error on Line: (\d+)/.exec(fault.message)?.[1]
  const said = fault.message.split('\n').filter((text) => !/^(CSV Error|Original Line)/.test(text))
  return formatProblem(
    source,
    { file: named ?? file, ...(line !== undefined && { line: Number(line) }) },
    said.join('\n'),
  )
}
