import type { DeclaredColumn } from '../contract/spec.ts'

/** How rows are written into one file for others. */
export type ExportFormat =
  | {
      readonly kind: 'csv'
      readonly delimiter?: string
      readonly header?: boolean
      readonly nulls?: string
      readonly escapeFormulas?: boolean
      /** Values as Table Schema writes them (Data Package v2), with a text for NULL that no value has. */
      readonly tableSchema?: boolean
    }
  | { readonly kind: 'json' | 'ndjson' | 'parquet' }
  | { readonly kind: 'excel'; readonly sheet: string }
  /** The exchange form of rows, see `connect/exchange.ts`, with values as a database reads them. */
  | { readonly kind: 'exchange'; readonly database: 'postgres' | 'sqlite' }

/** A version of a table that is to be written into a file. */
export interface ExportRequest {
  /** How messages call it. */
  readonly table: string
  readonly files: readonly string[]
  readonly columns: readonly DeclaredColumn[]
  /** Columns that the rows are ordered by. */
  readonly order: readonly string[]
  readonly format: ExportFormat
  /** Absolute path of a file that does not exist; its folder does. */
  readonly to: string
}

export interface Exported {
  readonly rows: number
  readonly bytes: number
  /** BLAKE3, 64 hexadecimal digits. */
  readonly hash: string
  /** The text that stands for NULL, where it was picked. */
  readonly nulls?: string
}
