import type { Place } from '../base/problem.ts'
import type { ColumnSpec } from './column.ts'
import type { CsvDialect, SourceFormat } from './source.ts'

/** Contracts as plain JSON: they cross processes and are cached. Paths are relative to the project, with `/`. */

/** A column with its name; lists of them keep the order of the contract. */
export interface DeclaredColumn extends ColumnSpec {
  readonly name: string
}

export interface DeclaredTable {
  readonly name: string
  readonly columns: readonly DeclaredColumn[]
  readonly key: readonly string[]
  readonly checks: readonly string[]
  readonly description?: string
  readonly owner?: string
  readonly tags?: readonly string[]
  /** The folder under `tables/` when it is not the notebook's path. */
  readonly path?: string
  readonly where?: Place
}

export interface DeclaredSource {
  readonly name: string
  readonly format: SourceFormat
  readonly paths: readonly string[]
  readonly dialect: CsvDialect
  readonly extra: 'error' | 'ignore'
  readonly columns: readonly DeclaredColumn[]
  readonly description?: string
  readonly where?: Place
}
