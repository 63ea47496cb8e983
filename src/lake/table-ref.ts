import { didYouMean } from '../base/suggest.ts'
import { tableNameFault } from '../base/names.ts'
import { ProblemError } from '../base/problem.ts'
import { isVersionId } from './version-id.ts'

/**
 * A table, and which version of it: the head, the n-th version of the environment, the head as of a time, or
 * a version by its id.
 */
export interface TableRef {
  readonly table: string
  readonly at?: { readonly seq: number } | { readonly time: Date } | { readonly version: string }
}

const dateOnly = /^\d{4}-\d{2}-\d{2}$/
const dateTime = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?$/i

/**
 * Reads `silver.trips`, `silver.trips@12`, `silver.trips@'2026-01-01'` or `silver.trips@<version id>`. A time
 * without a zone is UTC, a date is its first moment. Throws `contract/name-invalid` or `project/usage`.
 */
export function parseTableRef(text: string): TableRef {
  const at = text.indexOf('@')
  const table = at < 0 ? text : text.slice(0, at)
  const fault = tableNameFault(table)
  if (fault !== undefined) {
    throw new ProblemError({ code: 'contract/name-invalid', message: `table name '${table}' ${fault}` })
  }
  return at < 0 ? { table } : { table, at: parseAt(text, text.slice(at + 1)) }
}

/** Reads what stands behind the `@` of a ref; `whole` is what messages name. Throws `project/usage`. */
export function parseAt(whole: string, text: string): NonNullable<TableRef['at']> {
  const bare = /^(['"])(.*)\1$/.exec(text)?.[2] ?? text
  if (/^[1-9]\d{0,14}$/.test(bare)) return { seq: Number(bare) }
  if (isVersionId(bare)) return { version: bare }
  const time = parseTime(bare)
  if (time !== undefined) return { time }
  throw new ProblemError({
    code: 'project/usage',
    message: `'${whole}': what stands after @ is no version number, time or version id`,
    hint: `write silver.trips@12, silver.trips@'2026-01-31' or silver.trips@'2026-01-31T12:00:00Z'`,
  })
}

function parseTime(text: string): Date | undefined {
  const zone = dateTime.exec(text)
  if (!dateOnly.test(text) && !zone) return undefined
  const time = new Date(zone && zone[1] === undefined ? `${text.replace(' ', 'T')}Z` : text.replace(' ', 'T'))
  const day = Number(text.slice(8, 10))
  const real = new Date(`${text.slice(0, 10)}T00:00:00Z`)
  return Number.isNaN(time.getTime()) || real.getUTCDate() !== day ? undefined : time
}

/** A table ref as `parseTableRef` reads it. */
export function tableRefText({ table, at }: TableRef): string {
  if (at === undefined) return table
  if ('seq' in at) return `${table}@${at.seq}`
  return 'time' in at ? `${table}@'${at.time.toISOString()}'` : `${table}@${at.version}`
}

/** The error for a table or version that an environment does not have. */
export function versionUnknown(
  env: string,
  ref: TableRef,
  why: string,
  known: Iterable<string> = [],
): ProblemError {
  const message = `environment '${env}' has no '${tableRefText(ref)}': ${why}`
  return new ProblemError({ code: 'storage/version-unknown', message, hint: didYouMean(ref.table, known) })
}
