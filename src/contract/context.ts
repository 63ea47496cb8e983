import type { IncrementalMode } from './changes.ts'
import type { Columns, NewRow, Row } from './column.ts'
import type { Inputs } from './input.ts'
import type { PartitionOf } from './partition.ts'
import type { Relation, Sql } from './sql.ts'
import type { Tables } from './table.ts'

/** What a query of a `select` notebook gets beside its inputs and args. */
export interface SelectContext<E, P = undefined> {
  readonly env: E
  /** The partition that is computed, where the notebook works by partition. */
  readonly partition: PartitionOf<P>
}

/** An input of a `run` notebook. It stands in `sql` as a relation. */
export interface InputHandle<C extends Columns> extends Relation {
  /** The rows, streamed. A value that JavaScript cannot hold without loss is an error that names the column. */
  rows(): AsyncIterable<Row<C>>
  /** All rows in memory. */
  all(): Promise<Row<C>[]>
  /** The rows by chunk of columns: the fastest way to read many. */
  batches(): AsyncIterable<{
    readonly rows: number
    readonly columns: { readonly [K in keyof C]: readonly Row<C>[K][] }
  }>
  count(): Promise<number>
}

/** What changed of an input since the step last read it. A row that changed stands in both. */
export interface ChangedRows<C extends Columns> {
  /** All is computed anew: `added` has all rows of the input, and the outputs are empty. */
  readonly full: boolean
  readonly added: InputHandle<C>
  readonly removed: InputHandle<C>
}

/** An input of an incremental `run` notebook. */
export interface ChangingInput<C extends Columns> extends InputHandle<C> {
  /** What changed since the step last read it. */
  changes(): ChangedRows<C>
}

/** An output of a `run` notebook. It must be written: by `insert`, `write` or `empty`. */
export interface OutputHandle<C extends Columns> {
  /** Adds rows; may be called many times. */
  insert(rows: NewRow<C> | Iterable<NewRow<C>> | AsyncIterable<NewRow<C>>): Promise<void>
  /** Adds the result of a query. */
  write(query: Sql): Promise<void>
  /** Says that the table has no rows. */
  empty(): Promise<void>
}

/** Queries over the inputs. */
export interface Database {
  /** The rows of a query, with columns by name; DECIMAL as string, BIGINT as bigint, DATE and TIMESTAMP as Date. */
  query<R extends object = Record<string, unknown>>(query: Sql): AsyncIterable<R>
  all<R extends object = Record<string, unknown>>(query: Sql): Promise<R[]>
  /** The one row of a query; an error when there are none or several. */
  one<R extends object = Record<string, unknown>>(query: Sql): Promise<R>
}

export interface Log {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

/** What the code of a `run` notebook gets. */
export interface RunContext<
  I extends Inputs,
  O extends Tables,
  A,
  E,
  S extends string,
  M extends IncrementalMode = never,
  P = undefined,
> {
  readonly inputs: {
    readonly [K in keyof I]: [M] extends [never]
      ? InputHandle<I[K]['columns']>
      : ChangingInput<I[K]['columns']>
  }
  readonly outputs: { readonly [K in keyof O]: OutputHandle<O[K]['columns']> }
  readonly args: A
  readonly env: E
  readonly secrets: { readonly [K in S]: string }
  /** The partition that is computed, where the notebook works by partition. */
  readonly partition: PartitionOf<P>
  readonly db: Database
  readonly log: Log
  /** Aborted when the run is cancelled or the step's time is over. */
  readonly signal: AbortSignal
}
