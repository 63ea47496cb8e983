import type { DeliveryMode } from '../contract/sink.ts'
import type { DeclaredColumn } from '../contract/spec.ts'
import type { SqlConnection } from './connection.ts'

/** What is brought to a table of a database. */
export interface SqlDelivery {
  readonly connection: SqlConnection
  /** The target as the flow names it, such as `public.orders`. */
  readonly target: string
  readonly columns: readonly DeclaredColumn[]
  readonly key: readonly string[]
  readonly mode: DeliveryMode
  readonly deletes: boolean
  /** How Problems call the delivery: the name of its step. */
  readonly step: string
}

/** What a database remembers of the last delivery to a target from one environment of one lake. */
export interface LedgerLine {
  readonly lake: string
  readonly environment: string
  readonly target: string
  readonly step: string
  /** The table that was delivered, and its version. */
  readonly source: string
  readonly version: string
  /** Of the version, the sink and the contract: the same means that nothing is to be done. */
  readonly fingerprint: string
  /** Of the columns: rows of other columns cannot be added to. */
  readonly columns: string
  readonly rows: number
  /** ISO 8601. */
  readonly at: string
  readonly run: string
}
