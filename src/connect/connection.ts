/** Database connections as sources and deliveries use them. A new kind of database is one file that makes these. */

/** What of a database is read: a table or view by its name, such as `public.orders`, or a query. */
export type SqlSubject = { readonly table: string } | { readonly query: string }

/** A column of a table or query, as its database tells it. */
export interface SqlColumn {
  readonly name: string
  /** In the words of the database, such as `numeric(10,2)`; empty where it has none. */
  readonly type: string
}

/** A file of rows in exchange form, see `exchange.ts`. */
export interface RowsFile {
  readonly rows: number
  readonly bytes: number
  /** BLAKE3, 64 hexadecimal digits. */
  readonly hash: string
}

/** A column that is loaded, with its type in the words of contracts. */
export interface LoadColumn {
  readonly name: string
  readonly type: string
}

/** A value of a row as the database writes it; NULL is null. */
export type SqlText = string | null

/** Statements that hold together: all of them take effect, or none. */
export interface SqlTransaction {
  /** The columns of a table or query, in order. Throws a ProblemError (`connection/query`) with the nearest names. */
  describe(subject: SqlSubject): Promise<readonly SqlColumn[]>
  /** A few rows, as texts; `params` stand for `$1`, `$2`, ... (`?1`, `?2`, ... in SQLite). */
  rows(sql: string, params?: readonly SqlText[]): Promise<readonly (readonly SqlText[])[]>
  /** A statement; how many rows it changed. */
  run(sql: string, params?: readonly SqlText[]): Promise<number>
  /** Streams the rows of a query into a new file in exchange form, with flat memory. */
  copyOut(query: string, file: string): Promise<RowsFile>
  /** Adds the rows of a file in exchange form to a table, with flat memory; how many there were. */
  load(table: string, columns: readonly LoadColumn[], file: string): Promise<number>
}

export interface TransactionOptions {
  /** Nothing is written, and all statements see one state of the database. */
  readonly readOnly?: boolean
}

/** An open connection to a database. */
export interface SqlConnection {
  /** Its name in `sluice.yaml`. */
  readonly name: string
  readonly kind: ConnectionKind
  /** One part of a name, quoted. */
  identifier(name: string): string
  /** A text as a literal. */
  literal(text: string): string
  /** A table's name, such as `public.orders` or `public."odd.name"`, with each of its parts quoted. */
  relation(name: string): string
  /** Does work in one transaction: committed when it ends, rolled back when it throws. */
  transaction<T>(work: (transaction: SqlTransaction) => Promise<T>, options?: TransactionOptions): Promise<T>
  close(): Promise<void>
}

export const connectionKinds = ['postgres', 'sqlite'] as const
export type ConnectionKind = (typeof connectionKinds)[number]

/** The parts of a table's name: parted by dots, each perhaps in double quotes. */
export function namePartsOf(name: string): string[] {
  const parts = [...name.matchAll(/"((?:[^"]|"")*)"(?:\.|$)|([^".]+)(?:\.|$)/gy)]
  const whole = parts.map(([text]) => text).join('') === name && !name.endsWith('.')
  if (!whole || parts.length === 0) return [name]
  return parts.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '')
}

/** A name in double quotes, as standard SQL has it. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** What a driver is told beside its configuration. */
export interface OpenContext {
  /** The project's folder. */
  readonly root: string
  /** The connection's name in `sluice.yaml`. */
  readonly name: string
  readonly signal?: AbortSignal
}
