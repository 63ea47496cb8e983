import type { Place, Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { DeclaredColumn } from '../contract/spec.ts'
import type { DeclaredInput, DeclaredStep } from './declared.ts'
import { sentences } from './sentences.ts'

/** What upstream has under a table's name. */
export interface Upstream {
  readonly columns: readonly DeclaredColumn[]
  readonly where?: Place
}

/** Holds the columns that an input reads against those that upstream has: the run-time twin of the types. */
export function inputFaults(step: DeclaredStep, input: DeclaredInput, upstream: Upstream): Problem[] {
  const have = new Map(upstream.columns.map((column) => [column.name, column]))
  return input.columns.flatMap((need) => {
    const found = have.get(need.name)
    const told = { ...(step.where && { where: step.where }), ...declaredHere(input.name, upstream.where) }
    if (found === undefined) {
      const hint = didYouMean(need.name, have.keys())
      const message = sentences.columnMissing(step.name, input.name, need.name)
      return { code: 'contract/column-missing' as const, message, ...told, ...(hint && { hint }) }
    }
    if (found.type === need.type && (need.nullable || !found.nullable)) return []
    const message = sentences.columnType(step.name, input.name, found, need)
    return { code: 'contract/type-mismatch' as const, message, ...told }
  })
}

function declaredHere(table: string, where: Place | undefined): Pick<Problem, 'related'> {
  return where ? { related: [{ message: `'${table}' is declared here`, where }] } : {}
}
