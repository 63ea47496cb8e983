import path from 'node:path'
import { callSite } from '../base/site.ts'
import type { Columns, NewRow } from '../contract/column.ts'
import { declareColumns } from '../contract/declare.ts'
import type { DeclaredColumn } from '../contract/spec.ts'

type Format = 'csv' | 'json' | 'yaml' | 'parquet'

/** Rows in a file, read when a test needs them. `R` is what a row holds. */
export interface Fixture<R> {
  readonly kind: 'fixture'
  /** Never set: the type of a row. */
  readonly row?: R
  readonly format: Format
  /** Absolute. */
  readonly file: string
  /** How messages call it. */
  readonly name: string
  readonly columns: readonly DeclaredColumn[]
}

/** A table, a source or an input of a notebook: what rows are typed by. */
interface WithColumns<C extends Columns> {
  readonly name: string
  readonly columns: C
}

/**
 * Rows of a table in a file beside the test. The file may leave columns out: they are filled as in a row that
 * is written out. A column that the table does not have is a Problem.
 *
 * @param file relative to the file that calls this
 */
export const rows = {
  /** With a header line; an empty field is NULL. */
  csv: <C extends Columns>(file: string, table: WithColumns<C>) => fixture('csv', file, table),
  /** One array of objects. DECIMAL, BIGINT, dates and times may be numbers or texts. */
  json: <C extends Columns>(file: string, table: WithColumns<C>) => fixture('json', file, table),
  /** A list of mappings. */
  yaml: <C extends Columns>(file: string, table: WithColumns<C>) => fixture('yaml', file, table),
  parquet: <C extends Columns>(file: string, table: WithColumns<C>) => fixture('parquet', file, table),
} as const

function fixture<C extends Columns>(
  format: Format,
  file: string,
  table: WithColumns<C>,
): Fixture<Partial<NewRow<C>>> {
  const from = callSite()
  const folder = from === undefined ? process.cwd() : path.dirname(from.file)
  return {
    kind: 'fixture',
    format,
    file: path.resolve(folder, file),
    name: file,
    columns: declareColumns(table.columns),
  }
}

export function isFixture(value: unknown): value is Fixture<object> {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'fixture'
}
