import type { Place } from '../base/problem.ts'
import type { RenderedQuery } from './render.ts'

/** `error`: a broken check fails the step; `warn`: it is told, and fails nothing. */
export type Severity = 'warn' | 'error'

/**
 * What a broken check does. `fail`: the step fails, nothing is published. `reject`: the rows that break it go into
 * the table's rejects table. `warn`: the rows stay and are published, and the run says so.
 */
export type OnFailure = 'fail' | 'reject' | 'warn'

/** What every check may say. */
export interface CheckOptions {
  /** Unique in its table: letters, digits, `_` and `-`. Made from the check when it is left out. */
  readonly name?: string
  /** `error` when left out; `warn` is short for `onFailure: 'warn'`. */
  readonly severity?: Severity
  readonly onFailure?: OnFailure
}

/** Options of a check that says of each row whether it is good. */
export type RowOptions = CheckOptions

/** Options of a check of a table as a whole: no single row is to blame, so none can be rejected. */
export interface BroadOptions extends CheckOptions {
  readonly onFailure?: 'fail' | 'warn'
}

/**
 * What stands for a value of a column in a check. Numbers may stand for DECIMAL and BIGINT, and texts, as SQL
 * reads them, for dates and times.
 */
export type CheckValue<S extends string, T> = S extends `DECIMAL${string}`
  ? string | number
  : S extends `BIGINT${string}`
    ? bigint | number
    : S extends `DATE${string}` | `TIME${string}`
      ? Date | string
      : Exclude<T, null>

/** What a check asks, in the form of its kind. Values are texts that SQL casts to the type of the column. */
export type CheckRule =
  /** A SQL condition over one row; NULL does not break it. `column`: the one that it stands at. */
  | { readonly kind: 'row'; readonly condition: string; readonly column?: string }
  | { readonly kind: 'oneOf'; readonly column: string; readonly values: readonly string[] }
  | {
      readonly kind: 'range'
      readonly column: string
      readonly word: 'between' | 'min' | 'max'
      readonly min?: string
      readonly max?: string
    }
  /** A regular expression (RE2) that is found in the text. */
  | { readonly kind: 'matches'; readonly column: string; readonly pattern: string; readonly flags: string }
  | { readonly kind: 'reference'; readonly column: string; readonly table: string; readonly to: string }
  | { readonly kind: 'unique'; readonly columns: readonly string[] }
  | { readonly kind: 'rowCount'; readonly min?: number; readonly max?: number }
  /** The latest value of a column is not older than so many milliseconds when the check is made. */
  | { readonly kind: 'fresh'; readonly column: string; readonly within: string }
  /** A query that gives the rows that break it, over `self` and other tables, by handle. */
  | {
      readonly kind: 'query'
      readonly query: RenderedQuery
      readonly tables: { readonly [handle: string]: string }
    }
  /** A SQL expression over all rows, such as `avg(fare)`. */
  | { readonly kind: 'value'; readonly expression: string; readonly min?: number; readonly max?: number }

export type CheckKind = CheckRule['kind']

/** What every declared check says. */
export interface CheckHead {
  /** Unique in its table; safe in paths. */
  readonly name: string
  readonly severity: Severity
  readonly onFailure: OnFailure
  /** The user gave the name. */
  readonly named?: true
  readonly where?: Place
}

/** A check of a table as plain JSON. */
export type DeclaredCheck = CheckHead & CheckRule

type WithoutColumn<R> = R extends CheckRule ? Omit<R, 'column' | 'columns'> : never

/** A check of a column as it was written; the column's name is not known yet. */
export interface ColumnCheck {
  readonly rule: WithoutColumn<CheckRule>
  readonly options: CheckOptions
  readonly site?: Place
}

/** Kinds that say of each row whether it is good: its rows can be rejected. */
const ofRows: ReadonlySet<CheckKind> = new Set(['row', 'oneOf', 'range', 'matches', 'reference'])

/** Whether a check says of each row whether it is good. */
export function judgesRows({ kind }: { readonly kind: CheckKind }): boolean {
  return ofRows.has(kind)
}

/** Names of the tables that checks read beside their own; their own too where they name it. */
export function tablesInChecks({ checks }: { readonly checks: readonly DeclaredCheck[] }): string[] {
  const names = checks.flatMap((check) => {
    if (check.kind === 'query') return Object.values(check.tables)
    return check.kind === 'reference' ? [check.table] : []
  })
  return [...new Set(names)]
}

/** The name under which the key of a table is told among its checks. */
export const keyCheckName = 'key'
