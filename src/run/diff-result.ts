import type { SchemaChange } from '../check/schema-changes.ts'
import type { RowsDiff } from '../engine/table-diff.ts'

/** A version of a table that was compared. */
export interface DiffVersion {
  readonly env: string
  /** `silver.trips@3` in that environment. */
  readonly seq: number
  readonly version: string
  readonly rows: number
  /** When its rows were written, ISO 8601. */
  readonly updatedAt: string
}

/** How two versions of a table differ. */
export interface TableDiff {
  readonly table: string
  /** Left out where there is no such table. */
  readonly from?: DiffVersion
  readonly to?: DiffVersion
  /** Columns, key and rows are the same. */
  readonly same: boolean
  /**
   * What showed it: both are one `version`, or have the same `files` or `digest`; else the `rows` were
   * compared. `presence` where one side has no such table.
   */
  readonly decidedBy: 'version' | 'files' | 'digest' | 'rows' | 'presence'
  readonly schema: readonly SchemaChange[]
  /** Set when the contracts of the two declare another key. */
  readonly contractKey?: { readonly before: readonly string[]; readonly after: readonly string[] }
  /** The columns that rows were matched by; empty when whole rows were compared. */
  readonly key: readonly string[]
  /** The other columns that were compared. */
  readonly columns: readonly string[]
  /** Columns that were not, because one side lacks them or they were not asked for. */
  readonly notCompared: readonly string[]
  readonly rows: RowsDiff
}

/** No difference, over so many rows. */
export function sameRowsDiff(rows: number): RowsDiff {
  return { ...noRows, same: rows }
}

/** No rows at all. */
export const noRows: RowsDiff = {
  added: 0,
  removed: 0,
  changed: 0,
  same: 0,
  columns: [],
  comparedAs: [],
  examples: { added: [], removed: [], changed: [] },
}
