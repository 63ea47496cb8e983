import { ProblemError } from '../base/problem.ts'
import { callSite } from '../base/site.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Columns } from './column.ts'

/**
 * The full table or source behind an input, by name and exact columns. `exact` is never set; it makes the
 * type invariant, so that a table with fewer columns never passes for one with more.
 */
export interface Origin<N extends string = string, C extends Columns = Columns> {
  readonly name: N
  readonly columns: C
  readonly exact?: (columns: C) => C
  /** What the table or source says beside its columns, so that a picked input keeps it; `declare.ts` reads it. */
  readonly details?: object
}

/** Any origin, for constraints: invariance makes `Origin<string, Columns>` too narrow. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the columns are invariant
export type AnyOrigin = Origin<string, any>

/** What a notebook reads: a table or a source, or some of its columns. */
export interface Input<N extends string, C extends Columns, P extends AnyOrigin, O extends boolean> {
  readonly kind: 'table' | 'source'
  readonly name: N
  /** The columns that the notebook sees; freshness looks at these alone. */
  readonly columns: C
  readonly origin: P
  /** The columns are some of the origin's. */
  readonly picked: boolean
  readonly isOptional: O
  /** Reads these columns and no others. */
  pick<K extends keyof C & string>(...names: readonly [K, ...K[]]): Input<N, Pick<C, K>, P, O>
  /** The table may be absent: the notebook then sees no rows. */
  optional(): Input<N, C, P, true>
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the columns are invariant
export type AnyInput = Input<string, any, AnyOrigin, boolean>
export type Inputs = { readonly [handle: string]: AnyInput }

/** Narrows an input at run time; shared by tables and sources. */
export function makeInput<N extends string, C extends Columns, P extends AnyOrigin, O extends boolean>(
  base: Pick<Input<N, C, P, O>, 'kind' | 'name' | 'columns' | 'origin' | 'picked' | 'isOptional'>,
): Input<N, C, P, O> {
  return {
    ...base,
    pick: (...names) => {
      refuseMissing(base, names)
      const columns = Object.fromEntries(names.map((name) => [name, base.columns[name]]))
      return makeInput({ ...base, columns: columns as Pick<C, (typeof names)[number]>, picked: true })
    },
    optional: () => makeInput({ ...base, isOptional: true as const }),
  }
}

/** `tsc` says the same; but modules are loaded without it. */
function refuseMissing(
  { kind, name, columns }: { readonly kind: string; readonly name: string; readonly columns: Columns },
  picked: readonly string[],
): void {
  const missing = picked.filter((column) => !Object.hasOwn(columns, column))
  if (missing.length === 0) return
  const where = callSite()
  throw new ProblemError(
    missing.map((column) => {
      const hint = didYouMean(column, Object.keys(columns))
      return {
        code: 'contract/column-missing' as const,
        message: `${kind} '${name}' has no column '${column}' to pick`,
        ...(where && { where }),
        ...(hint !== undefined && { hint }),
      }
    }),
  )
}
