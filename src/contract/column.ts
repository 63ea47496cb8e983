import { ProblemError } from '../base/problem.ts'
import { callSite } from '../base/site.ts'
import type { BroadOptions, CheckOptions, CheckValue, ColumnCheck, RowOptions } from './check-form.ts'
import { valueText } from './check-values.ts'

/** How a value is given to JavaScript where the usual way would lose something or be awkward. */
export type ReadAs = 'micros' | 'number'

/** What a column promises, as plain JSON. */
export interface ColumnSpec {
  /** SQL type name, such as `DECIMAL(10,2)` or `VARCHAR[]`. */
  readonly type: string
  readonly nullable: boolean
  readonly description?: string
  readonly readAs?: ReadAs
}

/**
 * A column of a table. `S` is its SQL type as a literal, with ` NULL` behind it when NULL is allowed; `T` is
 * what a row holds in TypeScript.
 */
export class Column<S extends string = string, T = unknown> {
  /** Never set: carries the type of a value. */
  declare readonly value?: T
  readonly sql: S
  readonly spec: ColumnSpec
  /** Its data checks, as they were written. */
  readonly checks: readonly ColumnCheck[]

  constructor(sql: S, spec: ColumnSpec, checks: readonly ColumnCheck[] = []) {
    this.sql = sql
    this.spec = spec
    this.checks = checks
  }

  /** The column may hold NULL. Without this, a NULL is an error of the step that writes it. */
  nullable(): Column<`${S} NULL`, T | null> {
    return new Column(`${this.sql} NULL` as const, { ...this.spec, nullable: true }, this.checks)
  }

  /** A SQL condition that every row must not break, such as `'fare >= 0'`; NULL does not break it. */
  check(condition: string, options?: RowOptions): Column<S, T> {
    return this.checked({ kind: 'row', condition }, options)
  }

  /** The value is one of these; NULL does not break it. */
  oneOf(values: readonly CheckValue<S, T>[], options?: RowOptions): Column<S, T> {
    return this.checked(
      { kind: 'oneOf', values: values.map((value) => valueText(this.spec.type, value)) },
      options,
    )
  }

  /** The value is not less than `min` and not more than `max`; NULL does not break it. */
  between(min: CheckValue<S, T>, max: CheckValue<S, T>, options?: RowOptions): Column<S, T> {
    return this.inRange('between', { min, max }, options)
  }

  /** The value is not less than this; NULL does not break it. */
  min(min: CheckValue<S, T>, options?: RowOptions): Column<S, T> {
    return this.inRange('min', { min }, options)
  }

  /** The value is not more than this; NULL does not break it. */
  max(max: CheckValue<S, T>, options?: RowOptions): Column<S, T> {
    return this.inRange('max', { max }, options)
  }

  /**
   * The text holds a match of a regular expression (RE2, as DuckDB reads them); `^` and `$` hold its ends. Of
   * flags, `i` alone is kept. NULL does not break it.
   */
  matches(pattern: RegExp | string, options?: RowOptions): Column<S, T> {
    const { source, flags } = typeof pattern === 'string' ? { source: pattern, flags: '' } : pattern
    return this.checked({ kind: 'matches', pattern: source, flags }, options)
  }

  /** No two rows share a value; NULL may stand in many. */
  unique(options?: BroadOptions): Column<S, T> {
    return this.checked({ kind: 'unique' }, options)
  }

  /** Every value that is not NULL stands in that column of that table. */
  references<C extends Columns>(
    table: { readonly name: string; readonly columns: C },
    column: keyof C & string,
    options?: RowOptions,
  ): Column<S, T> {
    return this.checked({ kind: 'reference', table: table.name, to: column }, options)
  }

  /** For people; makes nothing stale. */
  describe(description: string): Column<S, T> {
    return this.with({ description })
  }

  /** TIMESTAMP only: a row holds microseconds since 1970 as a bigint instead of a Date, which has milliseconds. */
  micros(): Column<S, Extract<T, null> | bigint> {
    this.allow('micros', /^TIMESTAMP/)
    return this.with({ readAs: 'micros' }) as unknown as Column<S, Extract<T, null> | bigint>
  }

  /** DECIMAL and BIGINT only: a row holds a number. One with more digits than a number keeps is an error. */
  asNumber(): Column<S, Extract<T, null> | number> {
    this.allow('asNumber', /^(DECIMAL|BIGINT|UBIGINT)/)
    return this.with({ readAs: 'number' }) as unknown as Column<S, Extract<T, null> | number>
  }

  private inRange(
    word: 'between' | 'min' | 'max',
    { min, max }: { readonly min?: CheckValue<S, T>; readonly max?: CheckValue<S, T> },
    options?: CheckOptions,
  ): Column<S, T> {
    const text = (value: CheckValue<S, T>) => valueText(this.spec.type, value)
    const bounds = {
      ...(min !== undefined && { min: text(min) }),
      ...(max !== undefined && { max: text(max) }),
    }
    return this.checked({ kind: 'range', word, ...bounds }, options)
  }

  private checked(rule: ColumnCheck['rule'], options: CheckOptions = {}): Column<S, T> {
    const site = callSite()
    return new Column<S, T>(this.sql, this.spec, [...this.checks, { rule, options, ...(site && { site }) }])
  }

  private with(change: Partial<ColumnSpec>): Column<S, T> {
    return new Column<S, T>(this.sql, { ...this.spec, ...change }, this.checks)
  }

  private allow(method: string, types: RegExp): void {
    if (types.test(this.sql)) return
    throw new ProblemError({
      code: 'contract/option-invalid',
      message: `.${method}() does not apply to a column of type ${this.spec.type}`,
      where: callSite(),
    })
  }
}

export type AnyColumn = Column
/** The columns of a table, by name, in their order. */
export type Columns = { readonly [name: string]: AnyColumn }

/** A row as it is read. */
export type Row<C extends Columns> = { readonly [K in keyof C]: ValueOf<C[K]> }
/** A row as it is written: columns that may be NULL can be left out. */
export type NewRow<C extends Columns> = {
  readonly [K in keyof C as C[K]['sql'] extends `${string} NULL` ? never : K]: ValueOf<C[K]>
} & { readonly [K in keyof C as C[K]['sql'] extends `${string} NULL` ? K : never]?: ValueOf<C[K]> }

type ValueOf<T> = T extends Column<string, infer V> ? V : never
