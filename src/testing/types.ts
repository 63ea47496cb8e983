import type { Arbitrary } from 'fast-check'
import type { Columns, NewRow, Row } from '../contract/column.ts'
import type { AnyInput } from '../contract/input.ts'
import type { AnyNotebook } from '../contract/notebook.ts'
import type { AnyTable } from '../contract/table.ts'
import type { Fixture } from './fixture.ts'

/** Rows in which columns can be left out, in the test or in a file beside it. */
export type PartialRows<C extends Columns> = readonly Partial<NewRow<C>>[] | Fixture<Partial<NewRow<C>>>

type InputsOf<N> = N extends { readonly inputs: infer I } ? I : never
type OwnOutputs<N> = N extends { readonly outputs: infer O } ? O : never
type WithRejects<T> = T extends { readonly rejects: infer R } ? (R extends AnyTable ? R : never) : never
/** The outputs of a notebook, and the rows that checks of `trips` reject as `trips_rejects`. */
type OutputsOf<N> = OwnOutputs<N> & {
  readonly [
    H in keyof OwnOutputs<N> & string as [WithRejects<OwnOutputs<N>[H]>] extends [never]
      ? never
      : `${H}_rejects`
  ]: WithRejects<OwnOutputs<N>[H]>
}
type TypesOf<N> = N extends { readonly types?: infer T } ? NonNullable<T> : never
type ArgsOf<N> = TypesOf<N> extends { readonly args: infer A } ? A : never
/** What a `run` notebook returns. */
export type ResultOf<N> = TypesOf<N> extends { readonly result: infer R } ? R : never

type GivenTo<I> = I extends AnyInput ? PartialRows<I['columns']> : never
type Needed<I> = { [H in keyof I]: I[H] extends { readonly isOptional: true } ? never : H }[keyof I]

/** The rows of a notebook's inputs, and its args. Optional inputs that are left out are absent tables. */
export type GivenOf<N> = { readonly [H in Needed<InputsOf<N>>]: GivenTo<InputsOf<N>[H]> } & {
  readonly [H in Exclude<keyof InputsOf<N>, Needed<InputsOf<N>>>]?: GivenTo<InputsOf<N>[H]>
} & ArgsPart<InputsOf<N>, ArgsOf<N>>

/** A notebook with an input called `args` takes its args with the options. */
type ArgsPart<I, A> = 'args' extends keyof I
  ? unknown
  : // `{}` fits when every arg has a default.
    {} extends A
    ? { readonly args?: A }
    : { readonly args: A }

export interface GivenOptions<N extends AnyNotebook> {
  /** For a notebook that has an input called `args`. */
  readonly args?: ArgsOf<N>
  /** Variables of the environment that the notebook declares, as text. */
  readonly env?: { readonly [name: string]: string }
  readonly secrets?: { readonly [name: string]: string }
  /** The rows may break the contracts of their tables; a run would never see such rows. */
  readonly unchecked?: boolean
}

export type OutputHandleOf<N> = keyof OutputsOf<N> & string

export type ExpectedOf<N> = {
  readonly [H in keyof OutputsOf<N>]?: OutputsOf<N>[H] extends AnyTable
    ? PartialRows<OutputsOf<N>[H]['columns']>
    : never
}

export type RowOf<N, H extends OutputHandleOf<N>> = OutputsOf<N>[H] extends AnyTable
  ? Row<OutputsOf<N>[H]['columns']>
  : never

export interface ExpectOptions {
  /** The test says that it expects the rows that it gives. */
  readonly vacuous?: boolean
}

/** The generated rows of the inputs. */
export type GeneratedOf<N> = {
  readonly [H in keyof InputsOf<N>]: InputsOf<N>[H] extends AnyInput
    ? Row<InputsOf<N>[H]['columns']>[]
    : never
}

export interface PropertyOptions<N extends AnyNotebook> {
  readonly args?: ArgsOf<N>
  readonly env?: { readonly [name: string]: string }
  readonly secrets?: { readonly [name: string]: string }
  /** Rows, or a fast-check arbitrary of them, for inputs that are not to be made from their contracts. */
  readonly inputs?: {
    readonly [H in keyof InputsOf<N>]?: InputsOf<N>[H] extends AnyInput
      ? Arbitrary<Row<InputsOf<N>[H]['columns']>[]> | readonly Row<InputsOf<N>[H]['columns']>[]
      : never
  }
  /** How many lists of rows are tried; 50 when left out. */
  readonly runs?: number
  /** The seed and path that a failure told. */
  readonly seed?: number
  readonly path?: string
  /** Milliseconds after which no more rows are tried or made smaller; 3,000 when left out. */
  readonly within?: number
}
