import { segmentFault } from '../base/names.ts'
import { ProblemError } from '../base/problem.ts'
import { parseAt, parseTableRef } from '../lake/table-ref.ts'
import type { TableRef } from '../lake/table-ref.ts'
import { isVersionId } from '../lake/version-id.ts'

/** One end of a comparison: an environment, a version or time in it, or both. Its own when `env` is left out. */
export interface DiffEnd {
  readonly env?: string
  readonly at?: TableRef['at']
}

/** What is compared; `from` left out: the version before. */
export interface DiffRange {
  readonly from?: DiffEnd
  readonly to: DiffEnd
}

const forms = 'write dev..prod, 3..5, prod@3..dev or 2026-01-01..'

/**
 * Reads `dev..prod`, `3..5`, `@3..@5`, `prod@3..dev`, `2026-01-01..`, or one end alone, which is compared with
 * the head. Nothing is ambiguous: a number is a version, a date or time is a time, 26 characters that begin
 * with a digit are a version id, and the name of an environment begins with a letter. Each end stands for
 * itself: `prod@3..5` ends at version 5 of the own environment. Throws `project/usage`.
 */
export function parseRange(text: string): DiffRange {
  const dots = text.indexOf('..')
  if (dots < 0) return { from: parseEnd(text, text), to: {} }
  const [from, to] = [text.slice(0, dots), text.slice(dots + 2)]
  if (from === '' && to === '') throw wrongRange(text, 'neither end is said')
  return { from: parseEnd(text, from), to: parseEnd(text, to) }
}

function parseEnd(whole: string, text: string): DiffEnd {
  const sign = text.indexOf('@')
  const env = sign < 0 ? (isTimeOrVersion(text) ? '' : text) : text.slice(0, sign)
  const at = sign < 0 ? text.slice(env.length) : text.slice(sign + 1)
  const fault = env === '' ? undefined : segmentFault(env)
  if (fault !== undefined) throw wrongRange(whole, `the environment name '${env}' ${fault}`)
  return {
    ...(env !== '' && { env }),
    ...(at !== '' && { at: parseAt(whole, at) }),
  }
}

function isTimeOrVersion(text: string): boolean {
  return /^['"]?\d/.test(text) || isVersionId(text)
}

function wrongRange(text: string, why: string): ProblemError {
  return new ProblemError({ code: 'project/usage', message: `'${text}': ${why}`, hint: forms })
}

/**
 * The table and the range that are meant: `silver.trips` alone compares the version before with the head,
 * `silver.trips@3` version 3 with it.
 */
export function tableAndRange(text: string, range: string | undefined): { table: string; range: DiffRange } {
  const { table, at } = parseTableRef(text)
  if (at !== undefined && range !== undefined) {
    throw new ProblemError({
      code: 'project/usage',
      message: `'${text}' and '${range}' both say a version`,
      hint: `write ${table} ${range}`,
    })
  }
  if (range !== undefined) return { table, range: parseRange(range) }
  return { table, range: at === undefined ? { to: {} } : { from: { at }, to: {} } }
}
