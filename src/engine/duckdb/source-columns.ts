import type { Problem } from '../../base/problem.ts'
import { didYouMean } from '../../base/suggest.ts'
import type { DeclaredColumn, DeclaredSource } from '../../contract/spec.ts'

/** The columns of one file of a source. */
export interface FileColumns {
  readonly file: string
  readonly names: readonly string[]
  /** Read leniently, because its line ends are mixed. */
  readonly lenient?: boolean
  /** A copy of ours, whose lines end with LF. */
  readonly isCopy?: boolean
}

/** What differs between a file's columns and those that its source declares; both by exact name, in any order. */
export function columnProblems(source: DeclaredSource, { file, names }: FileColumns): Problem[] {
  const declared = source.columns.map(({ name }) => name)
  const missing = declared.filter((name) => !names.includes(name))
  const extra = source.extra === 'ignore' ? [] : names.filter((name) => !declared.includes(name))
  const twice = declared.filter((name) => names.indexOf(name) !== names.lastIndexOf(name))
  const spare = names.filter((name) => !declared.includes(name))
  const open = declared.filter((name) => !names.includes(name))
  return [
    ...missing.map((name) =>
      problem(source, file, `the column '${name}' is missing`, didYouMean(name, spare)),
    ),
    ...extra.map((name) =>
      problem(source, file, `the column '${name}' is not declared`, extraHint(name, open)),
    ),
    ...twice.map((name) => problem(source, file, `the column '${name}' stands twice`)),
  ]
}

function extraHint(name: string, open: readonly string[]): string {
  const near = open.length > 0 ? didYouMean(name, open) : undefined
  return near ?? "declare it, or say `extra: 'ignore'`"
}

function problem(source: DeclaredSource, file: string, message: string, hint?: string): Problem {
  return {
    code: 'source/columns',
    message: `source '${source.name}': ${message}`,
    where: { file, line: 1 },
    ...(hint !== undefined && { hint }),
  }
}

/** Files that have the same columns in the same order. */
export interface Layout {
  readonly names: readonly string[]
  readonly files: readonly string[]
  readonly lenient: boolean
}

/** Groups files by their columns, in the order in which they come. */
export function layoutsOf(files: readonly FileColumns[]): Layout[] {
  const layouts = new Map<string, Layout & { readonly files: string[] }>()
  for (const { file, names, lenient = false } of files) {
    const key = JSON.stringify([lenient, names])
    const layout = layouts.get(key)
    if (layout) layout.files.push(file)
    else layouts.set(key, { names, lenient, files: [file] })
  }
  return [...layouts.values()]
}

const wholes = new Set(['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'])

/** Whole numbers are read as text: DuckDB would round 1.7 to 2 without a word. Costs a fifth of the reading. */
export function readsAsText({ type }: DeclaredColumn): boolean {
  return wholes.has(type)
}

/** The mark of an error that a source's own expression raises. */
export const fractionMark = 'sluice: not a whole number'

/** What DuckDB leaves out of account around a number. */
const around = "E' \\t\\n\\v\\f\\r'"

/**
 * True where a text is a number with a fraction. It goes by the digits: a double holds no more than 16 of them, and
 * would take 1.9999999999999999999 for 2. Few texts have a point or an exponent, so nothing else is done with the others.
 */
export function isFraction(sql: string): string {
  const plain = `lower(replace(trim(${sql}, ${around}), '_', ''))`
  const [number, exponent] = [1, 2].map((part) => `split_part(${plain}, 'e', ${part})`)
  const decimals = `split_part(${number}, '.', 2)`
  const digits = `(ltrim(split_part(${number}, '.', 1), '+-') || ${decimals})`
  // An exponent that no BIGINT holds.
  const far = `CASE WHEN starts_with(${exponent}, '-') THEN -1000000 ELSE 0 END`
  const power = `coalesce(TRY_CAST(${exponent} AS BIGINT), ${far})`
  const lacking = `length(${decimals}) - ${power} > length(${digits}) - length(rtrim(${digits}, '0'))`
  const exact = `TRY_CAST(${sql} AS DOUBLE) IS NOT NULL AND rtrim(${digits}, '0') <> '' AND ${lacking}`
  return `(CASE WHEN contains(${sql}, '.') OR contains(${sql}, 'e') OR contains(${sql}, 'E') THEN ${exact} ELSE false END)`
}

/** The least number of n digits, by n; 0 for one digit. */
const leastOf = `[${Array.from({ length: 19 }, (_, more) => (more === 0 ? '0' : `1${'0'.repeat(more)}`)).join(', ')}]`

/**
 * A whole number from its text, or an error. Most texts are nothing but digits, and are told by a comparison: a text of n
 * bytes that is a fraction has a point or an exponent, and at least one digit that the number lacks, so that the number,
 * rounded up or not, has fewer than n digits. This takes half of the time of looking for points and exponents.
 */
export function wholeNumber(sql: string, type: string): string {
  const number = `CAST(${sql} AS ${type})`
  return `CASE WHEN ${number} >= ${leastOf}[strlen(${sql})] THEN ${number} WHEN ${isFraction(sql)} THEN error('${fractionMark}') ELSE ${number} END`
}
