import { relationName } from '../../contract/render.ts'
import type { AnalysedInput } from '../analysis.ts'
import { quoteName, subquery } from './sql-text.ts'
import { typeSql } from './types.ts'

/**
 * What stands before a query so that it binds against contracts alone: each input as a CTE of typed NULLs under
 * its handle. Nothing has to be created or dropped, so that many queries share one connection; and a CTE has no
 * `rowid`, as the views of a run have none.
 */
export function scopeText(inputs: readonly AnalysedInput[]): string {
  if (inputs.length === 0) return 'FROM '
  const ctes = inputs.map(({ handle, columns }) => {
    const nulls = columns.map(({ name, type }) => `CAST(NULL AS ${typeSql(type)}) AS ${quoteName(name)}`)
    return `${quoteName(relationName(handle))} AS NOT MATERIALIZED (SELECT ${nulls.join(', ')})`
  })
  return `WITH ${ctes.join(', ')} FROM `
}

/** A query in its scope. Its text begins one character after the scope's end. */
export function inScope(scope: string, query: string): string {
  return `${scope}${subquery(query)}`
}
