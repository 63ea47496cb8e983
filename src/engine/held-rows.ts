import type { IncrementalMode } from '../contract/changes.ts'
import type { ColumnStats } from '../lake/types.ts'

/** The rows of a table to which a step adds. Files of which it changes no row are not written again. */
export interface HeldRows {
  readonly mode: IncrementalMode
  readonly files: readonly HeldFile[]
  /** For `merge`: handles of relations with the columns of the key; rows of the keys in them are taken out. */
  readonly takeOut?: readonly string[]
}

/** A file of a published version. */
export interface HeldFile {
  readonly path: string
  readonly rows: number
  readonly bytes: number
  /** Statistics of this file alone; where they are not known, it is written again. */
  readonly stats?: { readonly [column: string]: ColumnStats }
}

/** What an incremental step goes by. */
export interface IncrementalRequest {
  readonly mode: IncrementalMode
  /** All is computed anew. */
  readonly full: boolean
  /** The inputs that changed since the step was last computed. */
  readonly changed: readonly { readonly handle: string; readonly name: string }[]
}
