import type { AnyInput, AnyOrigin, Origin } from '../contract/input.ts'
import type { Limits } from '../contract/limits.ts'
import type { AnyNotebook } from '../contract/notebook.ts'
import type { AnyTable } from '../contract/table.ts'
import type { ArgFaults, InputFault, OptionFaults, Title } from './chain-faults.ts'

/**
 * The types of the chain. A flow's type carries the union of the tables that are available (`Av`). A step is
 * first held against it with one cheap `extends`; only when that fails is the sentence worked out that says
 * what is wrong. This keeps a chain of hundreds of steps quick to check.
 */

/** What a parameter's type becomes when a step does not fit: its text is the error that `tsc` shows. */
export interface FlowError<Message> {
  readonly flowError: Message
}

/** A name, or a name and a folder, for an output. */
export type OutputBinding = string | { readonly name: string; readonly path?: string }

/** What a step may say beside its notebook, without the parts that the notebook decides. */
export interface StepSettings extends Limits {
  /** The step's name; the notebook's when left out. */
  readonly name?: string
  /** Other tables or sources for its inputs, by handle. */
  readonly inputs?: { readonly [handle: string]: AnyInput }
  /** Other names, or names and folders, for its outputs, by handle. */
  readonly outputs?: { readonly [handle: string]: OutputBinding }
  readonly args?: object
}

/** Anything that can be a step. */
export type AnyFlow = { readonly kind: 'flow'; readonly name: string; readonly provides?: AnyOrigin }
export type Steppable = AnyNotebook | AnyFlow

/** The options of a step as editors complete them; `Fitting` says what is wrong with them. */
export type OptionsOf<N> = N extends { readonly inputs: infer I; readonly outputs: infer O }
  ? Limits & {
      /** The step's name; the notebook's when left out. */
      readonly name?: string
      /** Other tables or sources for its inputs, by handle. */
      readonly inputs?: { readonly [H in keyof I]?: AnyInput }
      /** Other names, or names and folders, for its outputs, by handle. */
      readonly outputs?: { readonly [H in keyof O]?: OutputBinding }
      readonly args?: Partial<ArgsOf<N>>
    }
  : { readonly name?: string }

/** The args of a notebook as they are given. */
type ArgsOf<N> = N extends { readonly types?: infer T }
  ? T extends { readonly args: infer A }
    ? A
    : never
  : never

/**
 * The parameter type of a step: the notebook itself when it fits, else the error. While `tsc` infers the
 * notebook it looks into both branches: `NoInfer`, and a condition that waits for the notebook, keep it from
 * working out sentences for every table of the chain.
 */
export type Fitting<N, Av, S> = Fits<N, Av, S> extends true ? N : NoInfer<Explained<N, Av, S>>

/** The cheap guard: no options, no args wanted, and all inputs there. False means "look closely". */
type Fits<N, Av, S> = [keyof S] extends [never]
  ? N extends { readonly kind: 'flow' }
    ? true
    : // `{}` fits when every arg has a default.
      {} extends ArgsOf<N>
      ? N extends { readonly inputs: infer I }
        ? [Needed<I>] extends [Av]
          ? true
          : false
        : false
      : false
  : false

type Explained<N, Av, S> = N extends { readonly kind: 'flow' }
  ? Judged<N, OptionFaults<'step', keyof S, 'name', 'option'>>
  : N extends { readonly inputs: infer I; readonly outputs: infer O }
    ? Judged<N, StepFaults<Title<N, S>, I, O, ArgsOf<N>, Av, S>>
    : never

/** `& string` makes `tsc` print the sentences instead of the name of the type that worked them out. */
type Judged<N, Fault> = [Fault] extends [never] ? N : FlowError<Fault & string>

/** The origins that inputs need. An optional input is never covered here, so that it is looked at closely. */
type Needed<I> = {
  [H in keyof I]: I[H] extends AnyInput
    ? I[H]['isOptional'] extends false
      ? I[H]['origin']
      : 'optional'
    : never
}[keyof I]

type StepFaults<Step extends string, I, O, A, Av, S> =
  | OptionFaults<Step, keyof S, keyof StepSettings, 'option'>
  | OptionFaults<Step, KeysAt<S, 'inputs'>, keyof I, 'input'>
  | OptionFaults<Step, KeysAt<S, 'outputs'>, keyof O, 'output'>
  // `{}`: no args are given.
  | ArgFaults<Step, A, S extends { readonly args: infer G } ? G : {}>
  | { [H in keyof I]: I[H] extends AnyInput ? InputFault<Step, I[H], Bound<S, H>, Av> : never }[keyof I]

type KeysAt<S, K extends string> = S extends { readonly [P in K]: infer T } ? keyof T : never

/** The table that a step binds to an input, or never. */
type Bound<S, H extends PropertyKey> = S extends {
  readonly inputs: { readonly [K in H]: infer B extends AnyInput }
}
  ? B
  : never

/** The origins that a step adds, after its outputs were given other names. */
export type Added<N, S> = N extends { readonly kind: 'flow'; readonly provides?: infer P }
  ? Extract<P, AnyOrigin>
  : N extends { readonly outputs: infer O }
    ? | {
          [H in keyof O]: O[H] extends AnyTable ? Renamed<O[H], H, S> | RejectsOf<O[H], H, S> : never
        }[keyof O]
      | (N extends { readonly inputs: infer I } ? SourceRejects<I, S> : never)
    : never

/** The origins of the tables that keep what the sources of a step reject. */
type SourceRejects<I, S> = {
  [H in keyof I]: ReadFrom<I[H], Bound<S, H>> extends {
    readonly origin: { readonly rejectsInto: infer R extends AnyOrigin }
  }
    ? R
    : never
}[keyof I]

/** What a handle reads: what the step binds to it, or what the notebook says. */
type ReadFrom<Input, B> = [B] extends [never] ? Input : B

/** The origin of the table that keeps the rejects of an output, where it has one. */
type RejectsOf<T extends AnyTable, H extends PropertyKey, S> = T extends {
  readonly rejects: infer R extends AnyTable
}
  ? S extends { readonly outputs: { readonly [K in H]: infer B } }
    ? Origin<`${B extends { readonly name: infer M extends string } ? M : B & string}_rejects`, R['columns']>
    : R['origin']
  : never

type Renamed<T extends AnyTable, H extends PropertyKey, S> = S extends {
  readonly outputs: { readonly [K in H]: infer B }
}
  ? Origin<B extends { readonly name: infer M extends string } ? M : B & string, T['columns']>
  : T['origin']

/** A table or source that `.source(x.optional())` declares: it may be absent, and is read as optional. */
export interface MaybeOrigin<O extends AnyOrigin> {
  readonly name: O['name']
  readonly columns: O['columns']
  readonly mayBeAbsent: true
}

/** The origin that `.source` adds. */
export type Declares<T extends AnyInput> = T['isOptional'] extends false
  ? T['origin']
  : MaybeOrigin<T['origin']>
