import type { CodeFact, Surroundings } from '../freshness/findings.ts'
import type { DeclaredFlow, DeclaredStep } from '../flow/declared.ts'
import type { Committer } from './committer.ts'
import type { RunEvent } from './events.ts'
import type { BackfillAsk } from './partition-ask.ts'
import type { Pool } from './pool.ts'
import type { Continued } from './asked.ts'
import type { StepLimits } from './step-limits.ts'
import type { Workspace } from './workspace.ts'

/** What the steps of one run share. */
export interface RunScope {
  readonly workspace: Workspace
  readonly flow: DeclaredFlow
  readonly run: string
  readonly around: Surroundings
  readonly committer: Committer
  readonly pool: Pool
  readonly signal: AbortSignal
  readonly forced: ReadonlySet<string>
  /** The run that is continued. */
  readonly continued?: Continued
  readonly useCache: boolean
  /** How many partitions of a step are computed at once. */
  readonly parallel: number
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Which partitions of its one step are meant. */
  readonly backfill?: BackfillAsk
  /** Why a source of a step could not be asked, when all steps were looked at. */
  readonly unseen: (step: string) => Error | undefined
  /** A step with the limits that hold for it. */
  readonly limitsOf: (step: DeclaredStep) => StepLimits
  readonly emit: (event: Undated<RunEvent>) => void
  /** Throws CodeChanged when the files behind a notebook that was just loaded are not those that were looked at. */
  readonly checkLoaded: (step: DeclaredStep) => Promise<void>
  /** Looks at code again, for changes during the run. */
  readonly lookAgain: () => (step: DeclaredStep) => Promise<CodeFact>
}

/** An event without the fields that every event has. */
export type Undated<E> = E extends RunEvent ? Omit<E, 'at' | 'run'> : never
