import type { Place } from '../base/problem.ts'
import type { Json } from '../base/wire.ts'
import type { IncrementalMode } from '../contract/changes.ts'
import type { Limits } from '../contract/limits.ts'
import type { DeclaredPartition } from '../contract/partition.ts'
import type { Sink } from '../contract/sink.ts'
import type { DeclaredColumn, DeclaredSource, DeclaredTable } from '../contract/spec.ts'

/**
 * What a flow declares, as plain JSON: it crosses processes and is cached, so that a run with nothing to do
 * loads no notebook. Paths are relative to the project, with `/`.
 */

/** What a step reads under one handle, after rebinding. */
export interface DeclaredInput {
  readonly handle: string
  readonly kind: 'table' | 'source'
  /** The table or source that it reads. */
  readonly name: string
  /** The columns that the notebook sees, with the types that it expects. */
  readonly columns: readonly DeclaredColumn[]
  readonly optional: boolean
  /** The table's own declaration as the reader knows it: its producer's when imported, else the reader's. */
  readonly origin: DeclaredTable | DeclaredSource
}

/** What a step writes under one handle, after rebinding. */
export interface DeclaredOutput {
  readonly handle: string
  readonly table: DeclaredTable
  /** For the table that keeps the rejects of another output: the handle of that one. No notebook writes it. */
  readonly rejectsOf?: string
  /** For the table that keeps what a source rejects: the handle of the input that reads it. No notebook writes it. */
  readonly rejectsOfInput?: string
}

/** An arg of a notebook, for `--help` and the command line. */
export interface DeclaredArg {
  readonly name: string
  /** JSON Schema of the arg as it is given. */
  readonly schema: Json
  readonly required: boolean
}

/** A step of a flow: a notebook with its place, bindings and args, or a delivery of tables. */
export interface DeclaredStep {
  /** Unique in the flow; steps of an inner flow are called `<flow>/<step>`. */
  readonly name: string
  /** The notebook's file, such as `notebooks/silver/clean_trips.ts`; for a delivery the flow's. */
  readonly file: string
  /**
   * The notebook's name: its path under `notebooks/` without ending, such as `silver/clean_trips`. For a
   * delivery its target, such as `out/revenue.csv`.
   */
  readonly notebook: string
  readonly kind: 'select' | 'run' | 'deliver'
  /** For a delivery: where its tables go. It has no outputs. */
  readonly sink?: Sink
  /** For a delivery: where it happens; in the lake's default environment when left out. */
  readonly environments?: readonly string[]
  readonly inputs: readonly DeclaredInput[]
  readonly outputs: readonly DeclaredOutput[]
  /** Args after the schema has parsed them, encoded by `toWire`. */
  readonly args: Json
  readonly argsSchema: readonly DeclaredArg[]
  /** Names of args that the command line has set. */
  readonly overrides: readonly string[]
  /** Declared variables of the environment, parsed, encoded by `toWire`; they count for freshness. */
  readonly env: Json
  readonly secrets: readonly string[]
  readonly volatile: boolean
  /** Its SQL may read files by path. */
  readonly external?: boolean
  /** Set when only what changed in its inputs is computed. */
  readonly incremental?: IncrementalMode
  /** Handles of the outputs for which queries say which keys they lose. */
  readonly deletes?: readonly string[]
  /** Set when it works by partition. */
  readonly partition?: DeclaredPartition
  /** Milliseconds. */
  readonly expiresAfter?: number
  readonly limits: Limits
  readonly description?: string
  readonly owner?: string
  readonly tags?: readonly string[]
  readonly where?: Place
  /** The parts of its fingerprint that follow from all this; see `declaredParts` in `freshness/parts.ts`. */
  readonly parts?: { readonly [part: string]: string }
  /** The flow that is written down where this step stands: the outer one, or an inner one. */
  readonly inFlow: string
}

export interface DeclaredFlow {
  readonly name: string
  /** The flow's file, such as `flows/taxi.ts`. */
  readonly file: string
  readonly description?: string
  readonly publish: 'step' | 'run'
  readonly sources: readonly DeclaredSource[]
  /** Tables that another flow produces. */
  readonly external: readonly DeclaredTable[]
  /** Names of sources and external tables that are declared with `.optional()`. */
  readonly mayBeAbsent?: readonly string[]
  readonly steps: readonly DeclaredStep[]
  readonly plugins: readonly string[]
  /** For each step in run order, the steps upstream: kept, so that a run need not connect the tables again. */
  readonly upstream?: readonly (readonly [step: string, upstream: readonly string[]])[]
  readonly where?: Place
}
