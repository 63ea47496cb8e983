import type { Problem } from '../base/problem.ts'
import type { Json } from '../base/wire.ts'
import type { PartitionTold } from '../contract/partition-told.ts'
import type { QueryOrigin, RenderedQuery } from '../contract/render.ts'
import type { Analysis, AnalysisRequest } from '../engine/analysis.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import type {
  BoundInput,
  CheckRequest,
  CheckResult,
  DigestColumn,
  EngineOptions,
  SessionRequest,
  SourceRead,
  StagedOutput,
} from '../engine/engine.ts'
import type { Difference, DifferenceRequest } from '../engine/row-difference.ts'
import type { Exported, ExportRequest } from '../engine/export.ts'
import type { DeclaredFlow } from '../flow/declared.ts'
import type { PartialFlow } from '../flow/describe.ts'

/**
 * What the coordinator asks of the processes that it starts. Both kinds talk over Node's own channel with
 * structured clone, one message a call and one an answer.
 */
export interface NamedQuery {
  readonly handle: string
  readonly query: RenderedQuery
  /** It gives the keys whose rows the output loses. */
  readonly takesOut?: true
}

/** A query that was rendered, with where its text comes from. */
export interface TracedQuery extends NamedQuery {
  readonly origin: QueryOrigin
}

export interface EngineCalls {
  /** Runs a step's queries and stages its outputs. */
  compute: (ask: { request: SessionRequest; queries: readonly NamedQuery[] }) => {
    staged: readonly StagedOutput[]
    sources: readonly SourceRead[]
    /** Digests of the queries, by output; see `queryDigests`. */
    queryDigests: { readonly [handle: string]: string }
  }
  digest: (ask: { files: readonly string[]; columns: readonly DigestColumn[] }) => { digest: string }
  /** The rows that differ between files, as multisets. */
  difference: (ask: DifferenceRequest) => Difference
  /** Writes rows of a table into a file for others. */
  export: (ask: { request: ExportRequest }) => Exported
  queryDigests: (ask: { queries: readonly NamedQuery[] }) => {
    queryDigests: { readonly [handle: string]: string }
  }
  /** Binds queries without data: many in one message, a result for each. */
  analyse: (ask: { requests: readonly AnalysisRequest[] }) => { results: readonly Analysis[] }
  /** Makes checks of tables over files that were written. */
  check: (ask: CheckRequest) => { results: readonly CheckResult[] }
  /** The number of rows of inputs, by handle. */
  countRows: (ask: { inputs: readonly BoundInput[] }) => { rows: { readonly [handle: string]: number } }
  /** What is wrong with the conditions of contracts, for each table. */
  conditions: (ask: { tables: readonly DeclaredTable[] }) => {
    problems: readonly (readonly Problem[])[]
  }
}

/** A notebook as a worker finds it: its module, and the name of the export. */
export interface NotebookAt {
  /** Absolute path. */
  readonly file: string
  readonly projectRoot: string
}

export interface WorkerCalls {
  /** Loads a flow and says what it declares. */
  describe: (ask: DescribeAsk) => Described
  /** Digests of contracts that code refers to, by `file#export`. */
  contracts: (ask: { projectRoot: string; edges: readonly ContractEdge[] }) => {
    digests: { readonly [edge: string]: string }
  }
  /** Loads a notebook, and runs nothing of it yet. */
  load: (ask: NotebookAt) => object
  /** Renders the queries of a `select` notebook. */
  render: (ask: NotebookAt & RenderAsk) => {
    queries: readonly TracedQuery[]
    /** They look at the partition: those of another one may be others. */
    readsPartition: boolean
  }
  /** The same for many notebooks; what one throws is its own answer. */
  renderAll: (ask: { projectRoot: string; asks: readonly RenderAsk[] }) => {
    rendered: readonly Rendered[]
  }
  /** Runs the code of a `run` notebook and stages its outputs. */
  run: (ask: RunAsk) => CodeResult
  /** Hands an event to the plugins of a flow or project. */
  observe: (ask: { event: object }) => { failed: readonly { plugin: string; message: string }[] }
  /** Loads plugins from the project's modules and from a flow's own. */
  plugins: (ask: { projectRoot: string; modules: readonly string[]; flowFiles: readonly string[] }) => {
    names: readonly string[]
    problems: readonly Problem[]
  }
}

export interface DescribeAsk {
  readonly projectRoot: string
  /** The flow's file, or the file of a notebook that stands alone; relative to the project. */
  readonly file: string
  readonly overrides: { readonly [name: string]: string }
  /** It is asked while the code is looked at: hashes of what was loaded come with the answer. */
  readonly early?: boolean
  /** What the process has read of the project does not hold any more. */
  readonly anew?: boolean
}

export interface Described {
  /** Asked early: BLAKE3 of all that was loaded, by path; left out when nothing was, because tsx is needed. */
  readonly read?: { readonly [path: string]: string }
  readonly flow?: DeclaredFlow
  /** With Problems, where the module could be loaded. */
  readonly partial?: PartialFlow
  readonly problems: readonly Problem[]
  /** Modules whose change means that declarations must be loaded again, relative to the project. */
  readonly modules: readonly string[]
  /** SHA-256 of other files as they were read, such as YAML flows, or `absentFile`: it would have been taken. */
  readonly files: { readonly [file: string]: string }
  /** Names of the variables of the environment that went into the declarations. */
  readonly variables: readonly string[]
}

export interface ContractEdge {
  readonly file: string
  readonly export: string
}

export interface RenderHandle {
  readonly handle: string
  readonly columns: readonly string[]
}

/** A notebook whose queries are to be rendered, with what they are made of. */
export interface RenderAsk {
  /** Absolute path. */
  readonly file: string
  readonly handles: readonly RenderHandle[]
  readonly args: Json
  readonly env: Json
  /** The partition that is computed, where the notebook works by partition. */
  readonly partition?: PartitionTold
}

/** The queries of a notebook, or why there are none. */
export interface Rendered {
  readonly queries: readonly TracedQuery[]
  readonly problems: readonly Problem[]
}

/** What the code of a notebook staged. */
export interface CodeResult {
  readonly staged: readonly StagedOutput[]
  readonly sources: readonly SourceRead[]
  readonly result: Json | undefined
  /** For an incremental step: the inputs that it read by their changes. */
  readonly byChanges?: readonly string[]
  /** Why an incremental step must be computed anew, whole; then nothing was staged. */
  readonly mustBeFull?: string
}

export interface RunAsk extends NotebookAt {
  readonly request: SessionRequest
  readonly engine: EngineOptions
  readonly args: Json
  readonly env: Json
  readonly secrets: readonly string[]
  readonly partition?: PartitionTold
}

/** Stands for the hash of a file that is not there. */
export const absentFile = 'absent'

/** Messages on the channel. */
export type ToChild =
  | { readonly type: 'call'; readonly id: number; readonly op: string; readonly ask: unknown }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'open'; readonly engine?: EngineOptions }

export type FromChild =
  | { readonly type: 'ready' }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown; readonly restless?: true }
  | {
      readonly type: 'fault'
      readonly id: number
      readonly problems?: readonly Problem[]
      readonly message: string
      readonly stack?: string
      /** What the error says of another try. */
      readonly retryable?: boolean
      /** The call left something behind that may act later. */
      readonly restless?: true
    }
  | {
      readonly type: 'log'
      readonly id: number
      readonly level: 'debug' | 'info' | 'warn' | 'error'
      readonly text: string
    }
  /** What became of data checks: told apart from the answer, because a call that fails has none. */
  | { readonly type: 'checked'; readonly id: number; readonly results: readonly CheckResult[] }

const opening = '\u0000sluice-end-'
const closing = '\u0000'

/** Printed to both streams after a call, so that the coordinator knows that it has all that the call printed. */
export const endMark = (id: number): string => `${opening}${id}${closing}`

/** Where a mark begins that a text may hold the first part of; undefined when there is none. */
export function startOfHalfMark(text: string): number | undefined {
  const start = text.lastIndexOf(opening.charAt(0))
  if (start < 0) return undefined
  const tail = text.slice(start)
  return opening.startsWith(tail) ||
    (/^\d{0,20}$/.test(tail.slice(opening.length)) && tail.startsWith(opening))
    ? start
    : undefined
}

/** The first mark in a text: the call that it ends, and where it begins and ends. */
export function findEndMark(text: string): { id: number; start: number; end: number } | undefined {
  const start = text.indexOf(opening)
  const close = start < 0 ? -1 : text.indexOf(closing, start + opening.length)
  if (close < 0) return undefined
  return { id: Number(text.slice(start + opening.length, close)), start, end: close + closing.length }
}
