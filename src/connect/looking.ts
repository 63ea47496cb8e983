import { rm } from 'node:fs/promises'
import type { DeclaredSource } from '../contract/spec.ts'
import type { SqlOrigin } from '../contract/source-sql.ts'
import type { SqlConnection, SqlSubject, SqlTransaction } from './connection.ts'
import type { KeptFile, KeptFiles } from './kept-files.ts'
import { selectOf } from './select.ts'

/** A file of rows of a source. */
export interface KeptRows extends KeptFile {
  readonly rows: number
  /** With a high-water column: the value up to which it goes, and whether its rows are all at that value. */
  readonly mark?: string
  readonly tail?: boolean
}

/** What is known of a source from the last look. */
export interface Snapshot {
  readonly form: 1
  /** When it was looked at, in milliseconds since 1970. */
  readonly at: number
  readonly files: readonly KeptRows[]
  readonly note?: string
}

/** One look at a database: what is asked, and what is kept of the last look. */
export interface Looking {
  readonly source: DeclaredSource
  readonly sql: SqlOrigin
  readonly subject: SqlSubject
  readonly connection: SqlConnection
  readonly transaction: SqlTransaction
  readonly kept: KeptFiles
  readonly last: Snapshot | undefined
}

/** Streams the rows that a condition lets through into a file of the source. */
export async function copied(looking: Looking, condition: string): Promise<KeptRows> {
  const { transaction, kept } = looking
  const beside = kept.beside()
  try {
    const { rows, bytes, hash } = await transaction.copyOut(selectOf(looking, condition), beside)
    return { file: await kept.keep(beside, hash, '.csv'), rows, bytes, hash }
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}
