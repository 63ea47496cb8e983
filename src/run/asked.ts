/** What was asked of a run, as it is kept with it, so that it can be resumed. It holds no secret. */
export interface RunRequest {
  /** Names or files of flows; all of the project when empty. */
  readonly targets: readonly string[]
  /** The one notebook that is run instead. */
  readonly notebook?: string
  readonly select?: readonly string[]
  readonly from?: string
  readonly args?: { readonly [name: string]: string }
  readonly force?: boolean
  readonly concurrency?: number
  readonly keepGoing?: boolean
  readonly noCache?: boolean
}

/** The process of a run, so that others can tell whether it still lives. */
export interface RunProcess {
  readonly host: string
  readonly pid: number
  /** When it began, in ticks since the machine did (proc_pid_stat(5)): ids of processes are used again. */
  readonly began?: string
}

/** A run that is continued. */
export interface Continued {
  readonly run: string
  /** This run and those that it continued itself. */
  readonly runs: ReadonlySet<string>
  /** When the first of them began, ISO 8601. */
  readonly since: string
  /** Which run that is and what it has done, for people. */
  readonly told: string
}

/** What goes into the record of a run beside its steps. */
export interface Asked {
  readonly request?: RunRequest
  readonly process: RunProcess
  readonly resumes?: string
}
