import type { Place, Problem } from '../base/problem.ts'
import { parseDuration } from '../base/duration.ts'
import { didYouMean } from '../base/suggest.ts'
import type { CsvDialect, TextEncoding } from '../contract/source.ts'
import type { DeclaredSource } from '../contract/spec.ts'
import type { SqlOrigin } from '../contract/source-sql.ts'
import { withoutUser } from '../contract/source-web.ts'
import { webProblems } from './check-web.ts'

const separators: readonly string[] = [',', '.']
const encodings: readonly TextEncoding[] = ['utf-8', 'utf-16', 'latin-1', 'windows-1252']

/** What is wrong with what a source says of its files. */
export function sourceProblems(source: DeclaredSource): Problem[] {
  const { paths, dialect, name, where } = source
  const told = (message: string, hint?: string) =>
    problem(`source '${withoutUser(name)}' ${message}`, where, hint)
  const { encoding, delimiter, quote, escape, comment, skip } = dialect
  const problems: Problem[] = []
  if (source.sql) return sqlProblems(source, source.sql, told)
  if (paths.length === 0 || paths.includes(''))
    problems.push(told(`has ${paths.length === 0 ? 'no' : 'an empty'} path`))
  if (encoding !== undefined && !encodings.includes(encoding)) {
    const hint = didYouMean(encoding, encodings) ?? `encodings are ${encodings.join(', ')}`
    problems.push(told(`has the encoding '${encoding}', which is none`, hint))
  }
  for (const [word, text] of Object.entries({ quote, escape, comment }))
    if (text !== undefined && !/^[\x20-\x7e]?$/.test(text))
      problems.push(told(`has the ${word} '${text}'`, `${word} is one character of ASCII`))
  if (
    delimiter !== undefined &&
    (delimiter === '' || Buffer.byteLength(delimiter) > 4 || /[\r\n]/.test(delimiter))
  )
    problems.push(
      told(
        `has the delimiter ${JSON.stringify(delimiter)}`,
        'a delimiter has 1 to 4 bytes, and no end of a line',
      ),
    )
  problems.push(...valueProblems(dialect, told))
  if (skip !== undefined && !(Number.isInteger(skip) && skip >= 0))
    problems.push(told(`has skip: ${String(skip)}`, 'skip is a number of lines'))
  const { sheet, headerRow } = source.excel ?? {}
  if (sheet === '' || (typeof sheet === 'number' && !(Number.isInteger(sheet) && sheet >= 1)))
    problems.push(told(`has sheet: ${JSON.stringify(sheet)}`, 'sheets are named, or numbered from 1'))
  if (headerRow !== undefined && !(Number.isInteger(headerRow) && headerRow >= 1))
    problems.push(told(`has headerRow: ${String(headerRow)}`, 'rows are numbered from 1'))
  return [...problems, ...webProblems(source, told)]
}

/** What is said of the values of a CSV file and would go wrong at each row, or at none. */
function valueProblems(
  { decimalSeparator, dateFormat, timestampFormat }: CsvDialect,
  told: (message: string, hint?: string) => Problem,
): Problem[] {
  const problems: Problem[] = []
  if (decimalSeparator !== undefined && !separators.includes(decimalSeparator))
    problems.push(told(`has decimalSeparator: '${decimalSeparator}'`, "it is ',' or '.'"))
  for (const [word, text] of Object.entries({ dateFormat, timestampFormat }))
    if (text !== undefined && !text.includes('%'))
      problems.push(told(`has ${word}: '${text}'`, 'it is written as for strftime, such as %d.%m.%Y'))
  return problems
}

function sqlProblems(
  { name, columns }: DeclaredSource,
  { table, query, highWater, refresh }: SqlOrigin,
  told: (message: string, hint?: string) => Problem,
): Problem[] {
  const problems: Problem[] = []
  if (name === '') problems.push(told('reads a query and has no name', "say `name: '...'`"))
  if ((table ?? '') === '' && (query ?? '').trim() === '')
    problems.push(told('names no table and no query', "say `table: 'public.orders'` or `query: '...'`"))
  if (table !== undefined && query !== undefined)
    problems.push(told('names a table and a query', 'say one of them'))
  const marks = columns.find((column) => column.name === highWater)
  if (marks?.nullable)
    problems.push(
      told(
        `has the high-water column '${marks.name}', which may be NULL`,
        'leave out .nullable(), or highWater',
      ),
    )
  if (highWater !== undefined && !marks) {
    const hint = didYouMean(
      highWater,
      columns.map((column) => column.name),
    )
    problems.push(told(`has the high-water column '${highWater}', which is not declared`, hint))
  }
  if (refresh !== undefined && parseDuration(refresh) === undefined)
    problems.push(told(`has refresh: '${refresh}'`, "a length of time is such as '10m' or '1h'"))
  return problems
}

function problem(message: string, where: Place | undefined, hint: string | undefined): Problem {
  return {
    code: 'contract/option-invalid',
    message,
    ...(where && { where }),
    ...(hint !== undefined && { hint }),
  }
}
