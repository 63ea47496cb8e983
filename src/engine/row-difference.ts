import type { DeclaredColumn } from '../contract/spec.ts'

/** Two lists of Parquet files whose rows are compared as multisets; no file stands in both. */
export interface DifferenceRequest {
  readonly before: readonly string[]
  readonly after: readonly string[]
  /** The columns that count, at least one, with the types in which they are compared. */
  readonly columns: readonly DeclaredColumn[]
  /** An existing empty folder, where the rows are written. */
  readonly folder: string
}

/** The rows that one side has and the other has not, or less often. */
export interface Difference {
  readonly added: DifferenceSide
  readonly removed: DifferenceSide
}

export interface DifferenceSide {
  readonly rows: number
  /** A Parquet file with them; left out when there are none. */
  readonly file?: string
}
