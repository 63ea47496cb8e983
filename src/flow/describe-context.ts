import type { Place, Problem } from '../base/problem.ts'
import type { AnyNotebook } from '../contract/notebook.ts'

/** What a flow is described with. */
export interface DescribeContext {
  /** Absolute. */
  readonly projectRoot: string
  /** The file of a notebook, absolute or relative to the project, where it is known otherwise than by its call. */
  readonly fileOf?: (notebook: AnyNotebook) => string | undefined
  /** Args from the command line as text, by `arg` or `step.arg`. */
  readonly overrides: { readonly [name: string]: string }
  readonly processEnv: { readonly [name: string]: string | undefined }
}

/** A context with the Problems that are found on the way. */
export interface Describing extends DescribeContext {
  readonly problems: Problem[]
  /** A place relative to the project. */
  readonly tell: (place: Place | undefined) => Place | undefined
  /** Overrides that some step took. */
  readonly taken: Set<string>
  /** Names of steps that are wrong by themselves. */
  readonly faulty: Set<string>
  /** Variables of the environment that were read. */
  readonly variables: Set<string>
}

/** What a Problem of a step is told with. */
export interface Told {
  readonly step: string
  readonly where?: Place
}
