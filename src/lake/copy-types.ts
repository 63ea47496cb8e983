import type { Problem } from '../base/problem.ts'
import type { Storage } from '../storage/storage.ts'

export interface CopyOptions {
  /** Only says what would be copied. */
  readonly dryRun?: boolean
  readonly signal?: AbortSignal
  /** Called now and then with what has been done so far. */
  readonly onProgress?: (done: CopyCounts) => void
}

/** What was copied; in a dry run what would be. */
export interface CopyCounts {
  readonly versions: number
  readonly files: number
  /** Of the files of versions. */
  readonly bytes: number
  readonly commits: number
  /** Records of runs, and entries of the shared cache. */
  readonly records: number
  /** Versions and records that the target had already. */
  readonly there: number
}

export interface CopyReport extends CopyCounts {
  /** The id of the lake: the copy keeps it. */
  readonly lake: string
  readonly dryRun: boolean
  /** The last commit of each environment that the target has now. */
  readonly environments: { readonly [env: string]: number }
  /** What is damaged in the source, and was therefore not copied. */
  readonly problems: readonly Problem[]
}

/** One copy under way. */
export interface Copying {
  readonly from: Storage
  readonly to: Storage
  readonly dryRun: boolean
  readonly counts: { -readonly [Count in keyof CopyCounts]: number }
  readonly problems: Problem[]
  /** Tells how far it is, and throws when it is to stop. */
  step(): void
}
