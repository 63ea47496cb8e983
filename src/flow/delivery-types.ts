import type { AnyInput } from '../contract/input.ts'
import type { Limits } from '../contract/limits.ts'
import type { ColumnsOf, DatapackageSink, Sink } from '../contract/sink.ts'
import type { InputFault } from './chain-faults.ts'
import type { FlowError } from './chain-types.ts'

/** A table, or some of its columns; for a datapackage several. */
export type Deliverable = AnyInput | readonly AnyInput[]

/** What a delivery may say beside its table and its sink. */
export interface DeliverSettings extends Limits {
  /** The delivery's name; `deliver_gold_revenue` for the table `gold.revenue` when left out. */
  readonly name?: string
  /** Environments in which it happens; the lake's default environment alone when left out. */
  readonly environments?: readonly string[]
  /** The columns that are delivered, in this order; those of the table when left out. */
  readonly columns?: readonly string[]
}

/** The same, with the columns that there are. */
export type DeliverOptions<T> = Omit<DeliverSettings, 'columns'> & {
  readonly columns?: T extends readonly unknown[] ? never : readonly ColumnsOf<T>[]
}

/** Several tables go into a datapackage only. */
export type SinkFor<T> = T extends readonly unknown[] ? DatapackageSink : Sink

/** The parameter type of a delivery: the table itself when it is available, else the error. */
export type FittingTable<T, Av> = IsThere<T, Av> extends true ? T : NoInfer<Explained<T, Av>>

type IsThere<T, Av> = Each<T> extends { readonly origin: infer O } ? ([O] extends [Av] ? true : false) : false

type Each<T> = T extends readonly (infer I)[] ? I : T

type Explained<T, Av> =
  Each<T> extends infer I
    ? I extends AnyInput
      ? FlowError<InputFault<'delivery', I, never, Av> & string>
      : never
    : never
