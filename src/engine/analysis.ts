import type { Problem } from '../base/problem.ts'
import type { QueryOrigin, RenderedQuery } from '../contract/render.ts'
import type { DeclaredColumn, DeclaredTable } from '../contract/spec.ts'

/**
 * What can be said of a query without any data: it is bound against empty relations that are made from
 * contracts.
 */
export interface AnalysisRequest {
  readonly query: RenderedQuery
  /** What the query can read, by handle, with the columns and types that the notebook expects. */
  readonly inputs: readonly AnalysedInput[]
  /** The output that it writes; left out for a query that writes none. */
  readonly output?: { readonly handle: string; readonly table: DeclaredTable }
  /** Functions whose result changes from run to run are allowed. */
  readonly volatile: boolean
  /** The query may read files by path; such a query is not bound, because that would read them. */
  readonly external?: boolean
  /** The rows that it gives are appended to those of before. */
  readonly appends?: true
  /** Follow the columns, which costs about as much again as binding. */
  readonly lineage: boolean
}

export interface AnalysedInput {
  readonly handle: string
  /** How messages call it: the table's or source's name. */
  readonly name: string
  readonly columns: readonly DeclaredColumn[]
  /** The key of the table, where it has one: for warnings of orders that are not total. */
  readonly key?: readonly string[]
  /** Other columns, or sets of them, that no two rows share. */
  readonly unique?: readonly (readonly string[])[]
}

/** A Problem of a query, with the place in the rendered text where the engine knows it. */
export interface EngineProblem extends Problem {
  readonly query?: {
    readonly handle: string
    readonly offset: number
    readonly text: string
    /** Put in by whoever rendered the query. */
    readonly origin?: QueryOrigin
  }
}

/** A Problem that knows where the text of its query comes from. */
export function withOrigin(problem: EngineProblem, origin: QueryOrigin | undefined): EngineProblem {
  return problem.query && origin ? { ...problem, query: { ...problem.query, origin } } : problem
}

export interface Analysis {
  /** Everything that is wrong, and warnings (`severity: 'warn'`). */
  readonly problems: readonly EngineProblem[]
  /** The columns of the result as the engine types them; empty when the query does not bind. */
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Left out when it was not asked for, or the query does not bind. */
  readonly lineage?: QueryLineage
}

/** Where the columns of a result come from. */
export interface QueryLineage {
  /** For each column of the result, the columns of inputs that its values are made of. */
  readonly columns: { readonly [column: string]: readonly InputColumn[] }
  /** Columns that decide which rows there are: of filters, joins, groups and orders. */
  readonly rows: readonly InputColumn[]
  /** Some of the query could not be followed: every column that may matter is told, and some that do not. */
  readonly approximate?: true
}

export interface InputColumn {
  readonly handle: string
  readonly column: string
}
