import type { ResolvedFlow } from '../flow/resolve.ts'
import type { CodeOf, EdgeDigests, StatOf } from './code-facts.ts'
import type { EventStream } from './event-stream.ts'
import type { RunOptions } from './options.ts'
import type { BackfillAsk } from './partition-ask.ts'
import type { Pool } from './pool.ts'
import type { Asked, Continued } from './asked.ts'
import type { Workspace } from './workspace.ts'

/** What the flows of one run share. */
export interface RunParts {
  readonly workspace: Workspace
  readonly pools: { readonly get: () => Pool; readonly renew: () => Promise<void> }
  readonly events: EventStream
  readonly options: RunOptions
  /** What is kept of what was asked. */
  readonly asked: Asked
  /** Which partitions of its one step are meant. */
  readonly backfill?: BackfillAsk
  /** It writes damaged tables again. */
  readonly repairs?: boolean
  /** The run that is continued. */
  readonly continued?: Continued
}

/** A flow that is ready to run, and how it is declared anew when its code changes during the run. */
export interface PlannedFlow {
  readonly resolved: ResolvedFlow
  readonly edges: EdgeDigests
  readonly codeOf: CodeOf
  readonly statOf: StatOf
  readonly selected: ReadonlySet<string>
  /** Undefined for a flow that a program built: its code is loaded and stays. */
  readonly again?: () => Promise<PlannedFlow>
}
