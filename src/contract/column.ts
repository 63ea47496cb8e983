import { ProblemError } from '../base/problem.ts'
import { callSite } from '../base/site.ts'

/** How a value is given to JavaScript where the usual way would lose something or be awkward. */
export type ReadAs = 'micros' | 'number'

/** What a column promises, as plain JSON. */
export interface ColumnSpec {
  /** SQL type name, such as `DECIMAL(10,2)` or `VARCHAR[]`. */
  readonly type: string
  readonly nullable: boolean
  /** SQL conditions over the columns of the row. */
  readonly checks: readonly string[]
  readonly unique: boolean
  readonly references?: { readonly table: string; readonly column: string }
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

  constructor(sql: S, spec: ColumnSpec) {
    this.sql = sql
    this.spec = spec
  }

  /** The column may hold NULL. Without this, a NULL is an error of the step that writes it. */
  nullable(): Column<`${S} NULL`, T | null> {
    return new Column(`${this.sql} NULL` as const, { ...this.spec, nullable: true })
  }

  /** A SQL condition that every row must not break, such as `'fare >= 0'`; NULL does not break it. */
  check(condition: string): Column<S, T> {
    return this.with({ checks: [...this.spec.checks, condition] })
  }

  /** No two rows share a value. */
  unique(): Column<S, T> {
    return this.with({ unique: true })
  }

  /** Every value that is not NULL stands in that column of that table. */
  references(table: { readonly name: string }, column: string): Column<S, T> {
    return this.with({ references: { table: table.name, column } })
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

  private with(change: Partial<ColumnSpec>): Column<S, T> {
    return new Column<S, T>(this.sql, { ...this.spec, ...change })
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
