import type { Place } from '../base/problem.ts'
import type { ColumnSpec } from './column.ts'
import type { DeclaredCheck } from './check-form.ts'
import type { Landing } from './landing.ts'
import type { Rejecting } from './source-rejects.ts'
import type { SourceFormat } from './source-forms.ts'
import type { CsvDialect, ExcelPlace } from './source.ts'
import type { SqlOrigin } from './source-sql.ts'
import type { WebOptions } from './source-web.ts'

export type { DeclaredCheck } from './check-form.ts'

/** Contracts as plain JSON: they cross processes and are cached. Paths are relative to the project, with `/`. */

/** A column with its name; lists of them keep the order of the contract. */
export interface DeclaredColumn extends ColumnSpec {
  readonly name: string
}

export interface DeclaredTable {
  readonly name: string
  readonly columns: readonly DeclaredColumn[]
  readonly key: readonly string[]
  /** All checks beside the key, those of columns too, in the order of the contract. */
  readonly checks: readonly DeclaredCheck[]
  /** The table that keeps the rows that checks reject. */
  readonly rejects?: string
  /** Columns whose values each have files of their own. */
  readonly partitionBy?: readonly string[]
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
  readonly excel?: ExcelPlace
  readonly landing?: Landing
  readonly rejecting?: Rejecting
  readonly sql?: SqlOrigin
  readonly web?: WebOptions
  readonly columns: readonly DeclaredColumn[]
  readonly description?: string
  readonly where?: Place
}
