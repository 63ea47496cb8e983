import { ProblemError } from '../base/problem.ts'
import { callSite } from '../base/site.ts'
import { t } from './types.ts'

/** The columns of the table that keeps the rows of files that are not what their source declares. */
export const sourceRejectColumns = {
  file: t.varchar().describe('The file, relative to the project.'),
  line: t.bigint().nullable().describe('The line in the file where the row begins, from 1.'),
  column: t
    .varchar()
    .nullable()
    .describe('The first column that is wrong; NULL when it is the row as a whole.'),
  reason: t.varchar().describe('What is wrong.'),
  raw: t.varchar().nullable().describe('The row as it stands in the file, without its end.'),
}

export type SourceRejectColumns = typeof sourceRejectColumns

/** Where rows go that are not what a source declares. */
export interface Rejecting {
  /** The table that keeps them. */
  readonly table: string
  /** More of them fail the step; as many as there are when left out. */
  readonly most?: { readonly rows: number } | { readonly share: number }
}

/** Reads the options; throws a ProblemError when they make no sense. */
export function rejecting(table: string | undefined, most: number | string | undefined): Rejecting {
  if (table === undefined)
    throw refused("a source has 'maxRejects' and no 'rejects'", "name the table: rejects: 'bronze.x_rejects'")
  if (most === undefined) return { table }
  if (typeof most === 'number' && Number.isInteger(most) && most >= 0) return { table, most: { rows: most } }
  const percent = typeof most === 'string' ? /^(\d+(?:\.\d+)?)\s?%$/.exec(most)?.[1] : undefined
  const share = percent === undefined ? NaN : Number(percent) / 100
  if (share >= 0 && share <= 1) return { table, most: { share } }
  throw refused(
    `maxRejects of a source cannot be ${JSON.stringify(most)}`,
    "say a number of rows, or a share of them: 100, '1%'",
  )
}

function refused(message: string, hint: string): ProblemError {
  const where = callSite()
  return new ProblemError({ code: 'contract/option-invalid', message, hint, ...(where && { where }) })
}
