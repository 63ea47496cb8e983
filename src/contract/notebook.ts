import type { z } from 'zod'
import type { Place } from '../base/problem.ts'
import { callSite } from '../base/site.ts'
import type { ChangingRelation, IncrementalMode } from './changes.ts'
import type { RunContext, SelectContext } from './context.ts'
import type { Inputs } from './input.ts'
import type { Limits } from './limits.ts'
import type { PartitionOptions } from './partition.ts'
import type { Relation, Sql } from './sql.ts'
import type { Tables } from './table.ts'
import { requireOptions, type OptionForms } from './option-forms.ts'

interface About<N extends string> extends Limits {
  /** The name of its steps; the file's name when left out. */
  readonly name?: N
  /** For people; these make nothing stale. */
  readonly description?: string
  readonly owner?: string
  readonly tags?: readonly string[]
  readonly schedule?: string
  /** The result depends on more than Sluice sees: the step always runs and is never reused. */
  readonly volatile?: boolean
  /** The result holds for this long, such as `'24h'`, then the step runs again. */
  readonly expires?: string
  /** SQL may read files by path: `read_csv('...')`, `FROM 'data.parquet'`. Sluice does not see them: the step always runs. */
  readonly external?: boolean
}

interface Declared<
  I extends Inputs,
  O extends Tables,
  A extends z.ZodType,
  E extends z.ZodType,
  S extends string,
  M extends IncrementalMode,
  P,
> {
  /** It works by partition: only those whose inputs changed are computed. */
  readonly partition?: P
  readonly inputs?: I
  readonly outputs?: O
  /** A zod object: what a flow or the command line may set. */
  readonly args?: A
  /** Variables of the process's environment that count for freshness. */
  readonly env?: E
  /** Names of variables that never count and are never stored. */
  readonly secrets?: readonly S[]
  /**
   * Only what changed in its inputs is computed: `${raw.changes().added}`. `append` adds the rows that it writes,
   * `merge` replaces the rows of the same key. The tables must become what computing all anew would give.
   */
  readonly incremental?: M
  /** For `merge`: queries of the keys whose rows are taken out, before the rows that are written come in. */
  readonly deletes?: Deletes<I, O, z.output<A>, z.output<E>>
}

/** One query for each output. */
export type Selects<
  I extends Inputs,
  O extends Tables,
  A,
  E,
  M extends IncrementalMode = never,
  P = undefined,
> = {
  readonly [K in keyof O]: (
    inputs: { readonly [H in keyof I]: [M] extends [never] ? Relation : ChangingRelation },
    args: A,
    context: SelectContext<E, P>,
  ) => Sql
}

/** Queries whose columns are the key of an output. */
type Deletes<I extends Inputs, O extends Tables, A, E> = {
  readonly [K in keyof O]?: (
    inputs: { readonly [H in keyof I]: ChangingRelation },
    args: A,
    context: SelectContext<E>,
  ) => Sql
}

type Body<I extends Inputs, O extends Tables, A, E, S extends string, R, M extends IncrementalMode, P> =
  | { readonly select: Selects<I, O, A, E, M, P>; readonly run?: never }
  | { readonly run: (context: RunContext<I, O, A, E, S, M, P>) => R | Promise<R>; readonly select?: never }

export type NotebookDefinition<
  N extends string,
  I extends Inputs,
  O extends Tables,
  A extends z.ZodType,
  E extends z.ZodType,
  S extends string,
  R,
  M extends IncrementalMode = never,
  P = undefined,
> = About<N> & Declared<I, O, A, E, S, M, P> & Body<I, O, z.output<A>, z.output<E>, S, R, M, P>

/** A notebook: the tables it reads and writes, its args, and its queries or code. */
export interface Notebook<N extends string, I extends Inputs, O extends Tables, AI, R> {
  readonly kind: 'notebook'
  readonly name?: N
  readonly inputs: I
  readonly outputs: O
  /** Everything as it was written; loosely typed, for Sluice itself. */
  readonly definition: LooseDefinition
  readonly site?: Place
  /** Never set: the type of the args as they are given, and of the result. */
  readonly types?: { readonly args: AI; readonly result: R }
}

/** The schema of a notebook that declares no args, or no variables of the environment. */
type Nothing = z.ZodObject<Record<never, never>>

/** A notebook's definition without its type parameters. */
export interface LooseDefinition extends About<string> {
  readonly args?: z.ZodType
  readonly env?: z.ZodType
  readonly secrets?: readonly string[]
  readonly select?: LooseQueries
  readonly incremental?: IncrementalMode
  readonly deletes?: LooseQueries
  readonly partition?: PartitionOptions
  readonly run?: (context: object) => unknown
}

interface LooseQueries {
  readonly [output: string]: (inputs: object, args: unknown, context: object) => Sql
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a constraint that every notebook fits
export type AnyNotebook = Notebook<string, any, any, any, any>

const forms: OptionForms = {
  name: 'a text',
  description: 'a text',
  owner: 'a text',
  tags: 'a list of texts',
  schedule: 'a text',
  volatile: 'true or false',
  expires: 'a text',
  external: 'true or false',
  // Limits are looked at with those of steps.
  timeout: 'any',
  retries: 'any',
  memory: 'any',
  threads: 'any',
  pool: 'any',
  partition: 'an object',
  inputs: 'an object',
  outputs: 'an object',
  args: 'any',
  env: 'any',
  secrets: 'a list of texts',
  incremental: 'any',
  deletes: 'an object',
  select: 'an object',
  run: 'any',
}

/**
 * Declares a notebook; a module exports it as its default. With `select`, one query for each output; with
 * `run`, code. What `run` returns is kept as the step's result.
 */
export function notebook<
  const N extends string = '',
  // `{}`: no inputs, no outputs.
  I extends Inputs = {},
  O extends Tables = {},
  A extends z.ZodType = Nothing,
  E extends z.ZodType = Nothing,
  const S extends string = never,
  R = void,
  const M extends IncrementalMode = never,
  const P extends PartitionOptions | undefined = undefined,
>(definition: NotebookDefinition<N, I, O, A, E, S, R, M, P>): Notebook<N, I, O, z.input<A>, R> {
  requireOptions('the notebook', definition, forms)
  const site = callSite()
  return {
    kind: 'notebook',
    name: definition.name,
    inputs: definition.inputs ?? ({} as I),
    outputs: definition.outputs ?? ({} as O),
    definition: definition as unknown as LooseDefinition,
    ...(site && { site }),
  }
}
