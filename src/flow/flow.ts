import type { Place } from '../base/problem.ts'
import { callSite } from '../base/site.ts'
import type { AnyInput, AnyOrigin } from '../contract/input.ts'
import type { Sink } from '../contract/sink.ts'
import type { Added, Declares, Fitting, OptionsOf, StepSettings, Steppable } from './chain-types.ts'
import type { DeliverOptions, DeliverSettings, Deliverable, FittingTable, SinkFor } from './delivery-types.ts'
import type { Plugin } from './plugin.ts'

export interface FlowOptions {
  /** For people; makes nothing stale. */
  readonly description?: string
  /** `step`: each step publishes when it is done. `run`: the whole run publishes in one commit. */
  readonly publish?: 'step' | 'run'
  readonly plugins?: readonly Plugin[]
}

/** One link of a chain, as it was written. */
export type Link =
  | { readonly kind: 'source'; readonly input: AnyInput; readonly site?: Place }
  | { readonly kind: 'step'; readonly of: Steppable; readonly settings: StepSettings; readonly site?: Place }
  | {
      readonly kind: 'deliver'
      readonly tables: readonly AnyInput[]
      readonly to: Sink
      readonly settings: DeliverSettings
      readonly site?: Place
    }

/**
 * A chain of steps over tables. `Av` is the union of the tables that are available so far. What runs when is
 * decided by the tables, not by the order of the chain.
 */
export interface Flow<Av extends AnyOrigin> {
  readonly kind: 'flow'
  readonly name: string
  readonly options: FlowOptions
  readonly links: readonly Link[]
  readonly site?: Place
  /** Never set: the tables that a flow around this one can read. */
  readonly provides?: Av

  /** Declares raw files, or a table that is produced outside of this flow; `.optional()` when it may be absent. */
  source<T extends AnyInput>(input: T): Flow<Av | Declares<T>>

  /**
   * Places a notebook, or a whole flow, as a step. Does not compile when an input is not available, or has
   * other columns than the notebook reads, or an arg is wrong: the error names step, table and column.
   */
  step<N extends Steppable, const S extends StepSettings = Record<never, never>>(
    of: Fitting<N, Av, S>,
    settings?: S & OptionsOf<N>,
  ): Flow<Av | Added<N, S>>

  /**
   * Delivers a table, or some of its columns, to a database or files, each time that it has a new version and
   * after its commit. Does not compile when no earlier link provides the table. A datapackage takes several.
   */
  deliver<const T extends Deliverable>(
    table: FittingTable<T, Av>,
    to: SinkFor<T>,
    settings?: DeliverOptions<T>,
  ): Flow<Av>
}

/** Any flow, for who reads what was written. */
export type LooseFlow = Pick<Flow<never>, 'kind' | 'name' | 'options' | 'links' | 'site'>

/**
 * Begins a flow.
 *
 * @param name letters, digits, _ and -; it is how the command line calls it
 */
export function flow(name: string, options: FlowOptions = {}): Flow<never> {
  return chain(name, options, [], callSite())
}

/** A flow of links that are there already; YAML flows are built with it. */
export function chain<Av extends AnyOrigin>(
  name: string,
  options: FlowOptions,
  links: readonly Link[],
  site: Place | undefined,
): Flow<Av> {
  const add = (link: Link) => chain<never>(name, options, [...links, link], site)
  const at = () => {
    const place = callSite()
    return place && { site: place }
  }
  const made: Pick<Flow<Av>, 'kind' | 'name' | 'options' | 'links' | 'site'> &
    Record<'source' | 'step' | 'deliver', unknown> = {
    kind: 'flow',
    name,
    options,
    links,
    ...(site && { site }),
    source: (input: AnyInput) => add({ kind: 'source', input, ...at() }),
    step: (of: Steppable, settings: StepSettings = {}) => add({ kind: 'step', of, settings, ...at() }),
    deliver: (table: Deliverable, to: Sink, settings: DeliverSettings = {}) =>
      add({ kind: 'deliver', tables: Array.isArray(table) ? table : [table], to, settings, ...at() }),
  }
  return made as Flow<Av>
}
