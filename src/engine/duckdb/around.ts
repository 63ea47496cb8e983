import type { DuckDBInstance } from '@duckdb/node-api'
import type { Functions } from './functions.ts'
import type { Parses } from './parses.ts'

/** What a session gets from its engine. */
export interface Around<S> {
  readonly instance: DuckDBInstance
  readonly functions: Functions
  readonly parses: Parses
  /** For files that are kept as long as the session. */
  readonly tempFolder: string
  readonly onClose: (session: S) => void
}
