import type { Problem } from '../base/problem.ts'
import type { QueryLineage } from '../engine/analysis.ts'
import type { DeclaredStep } from '../flow/declared.ts'

export interface CheckProjectOptions {
  /** The project's folder; found upwards from the working directory when left out. */
  readonly projectRoot?: string
  /** Names or files of flows and notebooks; the whole project when empty or left out. */
  readonly targets?: readonly string[]
  /** Also follow the columns of queries. */
  readonly lineage?: boolean
  /** Also run the code of `run` notebooks, on empty inputs; nothing of it is kept. */
  readonly dry?: boolean
  /** Milliseconds that a module may take to be loaded, and a notebook to render its queries; 30,000 when left out. */
  readonly loadLimit?: number
}

/** What a check has found. */
export interface CheckResult {
  /** Mistakes, and warnings (`severity: 'warn'`), each once, by file, line and column. */
  readonly problems: readonly Problem[]
  /** Every step of every flow, and the notebooks that are in no flow. Those that are wrong by themselves are left out. */
  readonly steps: readonly CheckedStep[]
  readonly flows: number
  /** How many distinct queries were bound, now or when the cache was filled. */
  readonly queries: number
  /** How many notebooks ran on empty inputs, when it was asked for. */
  readonly dryRuns?: number
  readonly ms: number
}

/** A step of a flow, or a notebook that stands alone. */
export interface CheckedStep {
  /** Left out for a notebook that is in no flow. */
  readonly flow?: string
  /** The step's name. */
  readonly name: string
  /** The notebook's file, relative to the project. */
  readonly file: string
  readonly kind: 'select' | 'run' | 'deliver'
  /** Its inputs, args and all else, after rebinding. */
  readonly declared: DeclaredStep
  readonly outputs: readonly CheckedOutput[]
}

export interface CheckedOutput {
  readonly handle: string
  /** The table's name. */
  readonly table: string
  /** Of a `select` step, when it was asked for and the query binds. */
  readonly lineage?: QueryLineage
}
