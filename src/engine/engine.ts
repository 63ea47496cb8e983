import type { Place, Problem } from '../base/problem.ts'
import type { PartitionValues } from '../contract/partition.ts'
import type { RenderedQuery } from '../contract/render.ts'
import type { DeclaredColumn, DeclaredSource, DeclaredTable } from '../contract/spec.ts'
import type { ColumnStats } from '../lake/types.ts'
import type { Analysis, AnalysisRequest } from './analysis.ts'
import type { HeldRows, IncrementalRequest } from './held-rows.ts'
import type { Difference, DifferenceRequest } from './row-difference.ts'
import type { Exported, ExportRequest } from './export.ts'

/**
 * What computes: relations in, Parquet files out. DuckDB is the one engine now; its own words stay inside
 * `duckdb/`. All paths are absolute and local.
 */
export interface Engine {
  /** Name and version as they stand in manifests and fingerprints, such as `duckdb 1.5.6`. */
  readonly version: string
  /** One step's work: its inputs as relations, its outputs as staged files. */
  session(request: SessionRequest): Promise<Session>
  /**
   * The content digest of rows: does not depend on the order of rows or files. Covers names, types and values
   * of the given columns, and the engine's version.
   */
  contentDigest(
    files: readonly string[],
    columns: readonly DigestColumn[],
    signal?: AbortSignal,
  ): Promise<string>
  /** The rows that differ between two lists of Parquet files, as multisets; both ways, written to files. */
  difference(request: DifferenceRequest, signal?: AbortSignal): Promise<Difference>
  /** A digest of a query's syntax tree: layout, comments and letter case of keywords do not change it. */
  queryDigest(text: string): Promise<string>
  /** The names of the columns of a file; `name` is what messages call it. */
  columnsOf(format: 'csv' | 'parquet', file: string, name: string): Promise<readonly string[]>
  /** For each row, the checks of a table that it breaks by itself: their places in `checks`. */
  broken(table: DeclaredTable, rows: readonly object[]): Promise<readonly (readonly number[])[]>
  /** Binds a query without data, and says what is wrong with it. Runs nothing. */
  analyse(request: AnalysisRequest): Promise<Analysis>
  /** What is wrong with the conditions of contracts: they are bound to the columns, without data. */
  conditions(tables: readonly DeclaredTable[]): Promise<readonly (readonly Problem[])[]>
  /** Makes all checks of a table over files that were published. */
  check(request: CheckRequest): Promise<readonly CheckResult[]>
  /** Writes rows of published files into one file for others. */
  export(request: ExportRequest, signal?: AbortSignal): Promise<Exported>
  close(): Promise<void>
}

export interface EngineOptions {
  /** Such as `'4GB'`; always set. */
  readonly memory: string
  readonly threads: number
  /** Where the engine spills; made when needed, removed on close. */
  readonly tempFolder: string
  /** Folders outside of which the engine opens no file; all files may be opened when left out. */
  readonly reach?: readonly string[]
}

export interface DigestColumn {
  readonly name: string
  readonly type: string
}

/** The file that a copy was made of, and its line or row for a line of the copy, where that is another. */
export interface Original {
  readonly file: string
  readonly lineOf?: (line: number) => number
}

/** An input with the files behind it. */
export interface BoundInput {
  readonly handle: string
  /** How messages call it: the table's or source's name. */
  readonly name: string
  /** The columns that queries see, with the types that the notebook expects. */
  readonly columns: readonly DeclaredColumn[]
  readonly from:
    | { readonly kind: 'parquet'; readonly files: readonly string[] }
    | {
        readonly kind: 'source'
        readonly source: DeclaredSource
        readonly files: readonly string[]
        /** How the files are called in rows of rejects, in the same order; by their paths when left out. */
        readonly names?: readonly string[]
        /** For files that are copies in another form: what each is a copy of. */
        readonly originals?: ReadonlyMap<string, Original>
      }
    /** The table is absent and the input optional. */
    | { readonly kind: 'absent' }
    | GivenRows
  /** At most so many rows, for trying a notebook out. */
  readonly sample?: number
}

/** Rows in memory in place of files. */
export interface GivenRows {
  readonly kind: 'rows'
  readonly rows: readonly object[]
  /** What the rows must keep; left out, only their types count. */
  readonly contract?: DeclaredTable
  /** The inputs that stand for other tables of its checks, by table; checks that read another are not made. */
  readonly others?: { readonly [table: string]: string }
}

/** An output with what is enforced on it and the folder where its files are staged. */
export interface OutputTarget {
  readonly handle: string
  readonly table: DeclaredTable
  /** Existing empty folder; files are written into it as `part-<n>.parquet`. Left out: the rows stay in memory. */
  readonly folder?: string
  /** The files of other tables that checks read, by table; checks that read one that is absent are not made. */
  readonly others?: { readonly [table: string]: readonly string[] }
  /** The same for an output without a folder: inputs, given as rows, that stand for other tables. */
  readonly otherInputs?: { readonly [table: string]: string }
  /** What the table holds already, for a step that adds to it; it needs a folder. */
  readonly held?: HeldRows
  /** For the table that keeps the rejects of another output: the handle of that one. */
  readonly rejectsOf?: string
  /** Of a partitioned table: partitions whose files stand already. Those with the same rows are not written again. */
  readonly standing?: readonly StandingPartition[]
  /** For the table that keeps what a source rejects: the handle of that input. */
  readonly rejectsOfInput?: string
}

/** A partition that has files in a version before. */
export interface StandingPartition {
  readonly values: PartitionValues
  readonly digest: string
}

/** Where rows that break checks are kept: `<folder>/<table>/<check>.parquet`, at most `limit` of each. */
export interface KeptFailures {
  readonly folder: string
  readonly limit: number
}

/** What became of a data check of an output. */
export interface CheckResult {
  readonly table: string
  /** The name of the check; also of what the contract promises without one, when it is broken. */
  readonly check: string
  readonly severity: 'warn' | 'error'
  /** `skipped`: it reads a table that is not there. */
  readonly outcome: 'passed' | 'warned' | 'rejected' | 'failed' | 'skipped'
  /** How many rows, or keys, break it. */
  readonly rows: number
  /** What was found, unless it passed. */
  readonly message?: string
  /** Some of the rows that break it, as a Parquet file. */
  readonly file?: string
  /** For `rejected`: the table where the rows went. */
  readonly rejects?: string
  readonly where?: Place
}

/** A table whose checks are to be made over its files, with those of other tables that they read, by table. */
export interface CheckRequest {
  readonly table: DeclaredTable
  readonly files: readonly string[]
  readonly others?: { readonly [table: string]: readonly string[] }
  /** Milliseconds since 1970. */
  readonly now: number
}

export interface SessionRequest {
  readonly inputs: readonly BoundInput[]
  readonly outputs: readonly OutputTarget[]
  /** Functions whose result changes from run to run are allowed. */
  readonly volatile: boolean
  /** Queries may read files by path. */
  readonly external?: boolean
  readonly failures?: KeptFailures
  /** Set for an incremental step. */
  readonly incremental?: IncrementalRequest
  /** When checks of age are made, in milliseconds since 1970; now when left out. */
  readonly now?: number
}

/** A batch of rows by column; values as a row holds them, see `contract/types.ts`. */
export interface Batch {
  readonly rows: number
  readonly names: readonly string[]
  readonly columns: readonly (readonly unknown[])[]
}

export interface Session {
  /** Adds the result of a query to an output. Rejects with EngineProblems when the query does not bind. */
  write(handle: string, query: RenderedQuery): Promise<void>
  /**
   * Says which rows an output that is merged loses, by a query of keys. Those of keys that are written are replaced
   * in any case. Without an effect where the output holds nothing yet.
   */
  takeOut(handle: string, query: RenderedQuery): Promise<void>
  /** Adds rows to an output. */
  insert(handle: string, rows: readonly object[]): Promise<void>
  /** Says that an output has no rows. */
  empty(handle: string): Promise<void>
  /** The rows of a query over the inputs. */
  query(query: RenderedQuery): AsyncIterable<Batch>
  /** The rows of an input, with the declared types. */
  read(handle: string): AsyncIterable<Batch>
  /**
   * Writes and checks all outputs. Rejects with all violations of all outputs at once (`contract/*`,
   * `step/output-unwritten`); then nothing of the staged files is to be used.
   */
  finish(): Promise<readonly StagedOutput[]>
  /** What became of the data checks of outputs, once `finish` has ended, also when it rejected. */
  checks(): readonly CheckResult[]
  /** What was read of sources, as far as that is known. */
  sources(): readonly SourceRead[]
  /** The rows of an output without a folder, once the session is finished. */
  kept(handle: string): Promise<KeptRows>
  /** Interrupts whatever runs; the session can only be closed afterwards. */
  interrupt(): void
  close(): Promise<void>
}

/** What a session read of a source whose rows it parts. */
export interface SourceRead {
  readonly handle: string
  /** Rows in all files, with those that were rejected. */
  readonly rows: number
  readonly rejected: number
}

/** Rows of an output in memory. */
export interface KeptRows {
  /** The cells of each row in the order of the contract: values in one spelling (`Cell`). */
  readonly cells: readonly (readonly Cell[])[]
  /** The rows as a notebook would read them. Throws a ProblemError (`contract/lossy`) as that would. */
  rows(): Record<string, unknown>[]
}

/**
 * A value in one spelling, so that equal values of a type have equal texts: `12.5` of DECIMAL(10,2) is `12.50`,
 * and -0 is 0. NULL is null.
 */
export type Cell = string | null

export interface StagedFile {
  /** Name within the output's folder. */
  readonly name: string
  readonly bytes: number
  readonly rows: number
  /** BLAKE3, 64 hexadecimal digits. */
  readonly hash: string
  /** The partition that its rows are of. */
  readonly partition?: PartitionValues
}

/** A partition of what was computed; it has no file where one stands already. */
export interface StagedPartition {
  readonly values: PartitionValues
  readonly rows: number
  /** The content digest of its rows. */
  readonly digest: string
}

export interface StagedOutput {
  readonly handle: string
  readonly files: readonly StagedFile[]
  /** For an output that was added to: which of the files that it held stay, by their places. */
  readonly kept?: readonly number[]
  /** The statistics of the new file, where others stay beside it. */
  readonly fileStats?: { readonly [column: string]: ColumnStats }
  /** Of all files, those that stay too; so are `bytes` and `stats`. */
  readonly rows: number
  readonly bytes: number
  readonly stats: { readonly [column: string]: ColumnStats }
  /** Of a partitioned table: all its partitions, also those that stand and so have no staged file. */
  readonly partitions?: readonly StagedPartition[]
}

/** Thrown by whatever was running when a session was interrupted. */
export class EngineInterrupted extends Error {
  override readonly name = 'EngineInterrupted'
  constructor() {
    super('the engine was interrupted')
  }
}
