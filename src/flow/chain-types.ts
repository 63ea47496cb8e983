import type { Columns } from '../contract/column.ts'
import type { AnyInput, AnyOrigin, Origin } from '../contract/input.ts'
import type { AnyNotebook, Limits, Notebook } from '../contract/notebook.ts'
import type { AnyTable } from '../contract/table.ts'

/**
 * The types of the chain. A flow's type carries the union of the tables that are available (`Av`). A step is
 * first held against it with one cheap `extends`; only when that fails is the sentence worked out that says
 * what is wrong. This keeps a chain of hundreds of steps quick to check.
 */

/** What a parameter's type becomes when a step does not fit: its text is the error that `tsc` shows. */
export interface FlowError<Message> {
  readonly flowError: Message
}

/** What a step may say beside its notebook, without the parts that the notebook decides. */
export interface StepSettings extends Limits {
  /** The step's name; the notebook's when left out. */
  readonly name?: string
  /** Other tables or sources for its inputs, by handle. */
  readonly inputs?: { readonly [handle: string]: AnyInput }
  /** Other names, or names and folders, for its outputs, by handle. */
  readonly outputs?: { readonly [handle: string]: string | { readonly name: string; readonly path?: string } }
  readonly args?: object
}

/** Anything that can be a step. */
export type AnyFlow = { readonly kind: 'flow'; readonly name: string; readonly provides?: AnyOrigin }
export type Steppable = AnyNotebook | AnyFlow

/** The options of a step: args are required exactly when the notebook has an arg without a default. */
export type OptionsOf<N> =
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- only the args are looked at
  N extends Notebook<string, infer I, infer O, infer AI, any>
    ? Omit<StepSettings, 'inputs' | 'outputs' | 'args'> & {
        readonly inputs?: { readonly [H in keyof I]?: AnyInput }
        readonly outputs?: { readonly [H in keyof O]?: string | { readonly name: string; readonly path?: string } }
        // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- "every arg has a default"
      } & ({} extends AI ? { readonly args?: AI } : { readonly args: AI })
    : { readonly name?: string }

/** The rest parameter of `.step`: the options may be left out when no arg is required. */
export type OptionsParam<N, S> =
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- only the args are looked at
  N extends Notebook<string, any, any, infer AI, any>
    ? // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- "every arg has a default"
      {} extends AI
      ? [settings?: S & OptionsOf<N>]
      : [settings: S & OptionsOf<N>]
    : [settings?: S & OptionsOf<N>]

/** The origins that a step needs, after its inputs were bound to other tables. */
type Needed<I, S> = {
  [H in keyof I]: S extends { readonly inputs: { readonly [K in H]: infer B extends AnyInput } }
    ? B['origin']
    : I[H] extends AnyInput
      ? true extends I[H]['isOptional']
        ? never
        : I[H]['origin']
      : never
}[keyof I]

/** The origins that a step adds, after its outputs were given other names. */
export type Added<N, S> = N extends { readonly kind: 'flow'; readonly provides?: infer P }
  ? Extract<P, AnyOrigin>
  : N extends { readonly outputs: infer O }
    ? {
        [H in keyof O]: O[H] extends AnyTable
          ? S extends { readonly outputs: { readonly [K in H]: infer B } }
            ? Origin<B extends { readonly name: infer M extends string } ? M : B & string, O[H]['columns']>
            : O[H]['origin']
          : never
      }[keyof O]
    : never

/** The parameter type of a step: the notebook itself when it fits, else the error. */
export type Fitting<N, Av, S> = N extends { readonly kind: 'flow' }
  ? N
  : N extends { readonly inputs: infer I }
    ? S extends { readonly inputs: object }
      ? Judged<N, I, Av, S>
      : [Needed<I, S>] extends [Av]
        ? N
        : Judged<N, I, Av, S>
    : N

type Judged<N, I, Av, S> = [Faults<N, I, Av, S>] extends [never] ? N : FlowError<Faults<N, I, Av, S>>

type Faults<N, I, Av, S> = {
  [H in keyof I]: I[H] extends AnyInput
    ? S extends { readonly inputs: { readonly [K in H]: infer B extends AnyInput } }
      ? Fault<Title<N, S>, B['name'], Find<Av, B['name']>, I[H]['columns'], false>
      : I[H]['origin'] extends Av
        ? never
        : Fault<Title<N, S>, I[H]['name'], Find<Av, I[H]['name']>, I[H]['columns'], I[H]['isOptional']>
    : never
}[keyof I]

type Find<Av, N extends string> = Extract<Av, { readonly name: N }>

type Fault<Step extends string, T extends string, Found, Need extends Columns, Optional> = [Found] extends [never]
  ? Optional extends true
    ? never
    : `${Step}: input table '${T}' is not produced by an earlier step nor declared as a source`
  : Found extends { readonly columns: infer Have }
    ? ColumnFault<Step, T, Need, Have>
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

/** How an error calls the step: by name where the types know one, else by the table that it writes. */
type Title<N, S> = S extends { readonly name: infer M extends string }
  ? Named<M, N>
  : N extends { readonly name?: infer M }
    ? Named<Extract<M, string>, N>
    : Named<'', N>

type Named<M extends string, N> = [M] extends [never] | ['']
  ? N extends { readonly outputs: infer O }
    ? [keyof O] extends [never]
      ? 'step'
      : `step that writes '${OutputNames<O>}'`
    : 'step'
  : string extends M
    ? 'step'
    : `step '${M}'`

type OutputNames<O> = { [H in keyof O]: O[H] extends { readonly name: infer M extends string } ? M : never }[keyof O]
