import type { ColumnShape } from '../lake/types.ts'

/** A version of a table that is compared: its local Parquet files, and what its manifest says of them. */
export interface DiffSide {
  readonly files: readonly string[]
  readonly columns: readonly ColumnShape[]
  readonly rows: number
  /** The columns that its contract promised to identify a row; none when empty. */
  readonly key: readonly string[]
}

/** What is compared, and how. */
export interface DiffRequest {
  readonly before: DiffSide
  readonly after: DiffSide
  /** Rows with the same values in these columns are the same row; both sides have them. Empty: whole rows count. */
  readonly key: readonly string[]
  /** The other columns that are compared; both sides have them. */
  readonly columns: readonly string[]
  /** How many examples of each kind are given. */
  readonly examples: number
  /**
   * FLOAT and DOUBLE values a and b of changed rows are equal when |a - b| <= tolerance * max(1, |a|, |b|);
   * 0 compares exactly. It says nothing where whole rows count.
   */
  readonly tolerance: number
}

/** How rows differ. Values are texts as the engine prints them, null for NULL. */
export interface RowsDiff {
  readonly added: number
  readonly removed: number
  readonly changed: number
  /** Rows that both sides have. */
  readonly same: number
  /** Changed cells by column, most first; columns without any are left out. */
  readonly columns: readonly ChangedColumn[]
  /** Columns whose type differs, with the type in which they were compared. */
  readonly comparedAs: readonly { readonly column: string; readonly type: string }[]
  /** Rows that share their key, on each side: they were compared as whole rows. Left out when there are none. */
  readonly duplicates?: { readonly before: Duplicates; readonly after: Duplicates }
  readonly examples: RowExamples
}

export interface ChangedColumn {
  readonly column: string
  readonly changed: number
}

export interface Duplicates {
  readonly keys: number
  readonly rows: number
}

/** In the order of the key, or of all columns; the examples of changes show as many columns as they can. */
export interface RowExamples {
  readonly added: readonly ExampleRow[]
  readonly removed: readonly ExampleRow[]
  readonly changed: readonly ChangedRow[]
}

export interface ExampleRow {
  readonly row: Texts
  /** How many rows of these values there are more, or less; more than 1 only where whole rows count. */
  readonly count: number
}

export interface ChangedRow {
  readonly key: Texts
  readonly cells: readonly ChangedCell[]
}

export interface ChangedCell {
  readonly column: string
  readonly before: string | null
  readonly after: string | null
}

/** Values by column. */
export type Texts = { readonly [column: string]: string | null }
