import type { Columns } from '../contract/column.ts'
import type { AnyInput } from '../contract/input.ts'

/**
 * The sentences of the chain's types. `sentences.ts` says the same at run time, for YAML flows; a test holds
 * the two together.
 */

/** How an error calls a step: by name where the types know one, else by the tables that it writes. */
export type Title<N, S> = S extends { readonly name: infer M extends string }
  ? Named<M, N>
  : N extends { readonly name?: infer M }
    ? Named<Extract<M, string>, N>
    : Named<'', N>

type Named<M extends string, N> = [M] extends [never] | ['']
  ? N extends { readonly outputs: infer O }
    ? [keyof O] extends [never]
      ? 'step'
      : `step that writes '${OutputName<O>}'`
    : 'step'
  : string extends M
    ? 'step'
    : `step '${M}'`

type OutputName<O> = {
  [H in keyof O]: O[H] extends { readonly name: infer M extends string } ? M : never
}[keyof O]

/** Keys that are not known: options, handles. */
export type OptionFaults<Step extends string, Given, Known, Noun extends string> =
  Exclude<Given, Known> extends infer K
    ? K extends string
      ? `${Step}: there is no ${Noun} '${K}'`
      : never
    : never

/** What is wrong with an input: nobody provides it, or its columns differ. `B` is the table bound to it, or never. */
export type InputFault<Step extends string, In extends AnyInput, B, Av> = [B] extends [never]
  ? [In['origin']] extends [Av]
    ? never
    : Fault<Step, In['name'], Find<Av, In['name']>, In['columns'], In['isOptional']>
  : B extends AnyInput
    ? Fault<Step, B['name'], Find<Av, B['name']>, In['columns'], In['isOptional']>
    : never

type Find<Av, N extends string> = Extract<Av, { readonly name: N }>

type Fault<Step extends string, T extends string, Found, Need extends Columns, Optional> = [Found] extends [
  never,
]
  ? Optional extends true
    ? never
    : `${Step}: input table '${T}' is not produced by an earlier step nor declared as a source`
  : Found extends { readonly columns: infer Have }
    ? ColumnFault<Step, T, Need, Have> | AbsentFault<Step, T, Found, Optional>
    : never

type AbsentFault<Step extends string, T extends string, Found, Optional> = Found extends {
  readonly mayBeAbsent: true
}
  ? Optional extends true
    ? never
    : `${Step}: table '${T}' may be absent: read it with .optional()`
  : never

type ColumnFault<Step extends string, T extends string, Need extends Columns, Have> = {
  [K in keyof Need & string]: K extends keyof Have
    ? Have[K] extends { readonly sql: infer H extends string }
      ? Fits<H, Need[K]['sql']> extends true
        ? never
        : `${Step}: table '${T}': column '${K}' is ${H} upstream but ${Need[K]['sql']} is expected`
      : never
    : `${Step}: table '${T}': column '${K}' does not exist upstream`
}[keyof Need & string]

/** A column that is never NULL can be read as one that may be. */
type Fits<H extends string, N extends string> = H extends N ? true : `${H} NULL` extends N ? true : false

/** What is wrong with the args `G` that a step gives, where its notebook takes `A`. */
export type ArgFaults<Step extends string, A, G> = string extends keyof A
  ? G extends Frozen<A>
    ? never
    : [A[keyof A]] extends [never]
      ? OptionFaults<Step, keyof G, never, 'arg'>
      : `${Step}: its args do not fit the notebook's schema`
  : Missing<Step, A, G> | Wrong<Step, A, G>

type Missing<Step extends string, A, G> = {
  // `{}` fits what may be left out.
  [K in keyof A & string]-?: {} extends Pick<A, K>
    ? never
    : K extends keyof G
      ? never
      : `${Step}: arg '${K}' is missing`
}[keyof A & string]

type Wrong<Step extends string, A, G> = {
  [K in keyof G & string]: K extends keyof A
    ? [G[K]] extends [Frozen<A[K]>]
      ? never
      : WrongArg<`${Step}: arg '${K}'`, G[K], Word<G[K]>, Word<A[K]>>
    : `${Step}: there is no arg '${K}'`
}[keyof G & string]

type WrongArg<Start extends string, Given, Is extends string, Expected extends string> = [Is] extends [
  Expected,
]
  ? Given extends string | number | boolean
    ? `${Start} cannot be '${Given}'`
    : `${Start} is another ${Is} than is expected`
  : `${Start} is ${Is} but ${Expected} is expected`

/** A type as one word. */
type Word<T> = [Exclude<T, undefined>] extends [infer V]
  ? [V] extends [null]
    ? 'null'
    : [V] extends [string]
      ? 'string'
      : [V] extends [number]
        ? 'number'
        : [V] extends [boolean]
          ? 'boolean'
          : [V] extends [bigint]
            ? 'bigint'
            : [V] extends [Date]
              ? 'Date'
              : [V] extends [readonly unknown[]]
                ? 'list'
                : [V] extends [object]
                  ? 'object'
                  : 'another type'
  : never

/** A type that takes readonly lists and objects too: the args of a step are inferred as constants. */
type Frozen<T> = T extends Date | Uint8Array
  ? T
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T
