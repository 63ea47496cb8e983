import { DuckDBDataChunk, type DuckDBAppender, type DuckDBType, type DuckDBValue } from '@duckdb/node-api'
import { ProblemError, type Problem } from '../../base/problem.ts'
import { didYouMean } from '../../base/suggest.ts'
import type { DeclaredColumn, DeclaredTable } from '../../contract/spec.ts'
import { mayBeNull } from './copy.ts'
import { encoderOf, Refused, type Encode } from './encode.ts'
import { parseType } from './types.ts'

/** Rows that DuckDB takes at a time. */
const chunkRows = 2048
/** How many wrong values are told. */
const shown = 20

interface ColumnIn {
  readonly column: DeclaredColumn
  readonly encode: Encode
  readonly nullable: boolean
  values: DuckDBValue[]
}

type LooseRow = Readonly<Record<string, unknown>>

/**
 * Rows of JavaScript on their way into a table of the engine: encoded column by column, handed over in chunks.
 */
export class Inserter {
  private readonly appender: DuckDBAppender
  private readonly types: readonly DuckDBType[]
  private readonly columns: readonly ColumnIn[]
  private readonly names: ReadonlySet<string>
  private buffered = 0
  /** Rows seen so far, good or not, to name a row by its number. */
  private seen = 0
  private readonly subject: string

  /** @param subject what rows are told of */
  constructor(table: DeclaredTable, appender: DuckDBAppender, subject = `output table '${table.name}'`) {
    this.subject = subject
    this.appender = appender
    this.types = table.columns.map((_, at) => appender.columnType(at))
    this.columns = table.columns.map((column) => ({
      column,
      encode: encoderOf(parseType(column.type), column.readAs),
      nullable: mayBeNull(table, column.name),
      values: [],
    }))
    this.names = new Set(table.columns.map(({ name }) => name))
  }

  /** Adds rows. Throws a ProblemError with up to twenty Problems when some do not fit the contract. */
  add(rows: readonly object[]): void {
    for (let from = 0; from < rows.length;) {
      const batch = rows.slice(from, from + chunkRows - this.buffered) as readonly LooseRow[]
      this.addBatch(batch)
      from += batch.length
      if (this.buffered === chunkRows) this.hand()
    }
  }

  /** Hands over what is left, and closes. */
  finish(): void {
    if (this.buffered > 0) this.hand()
    this.appender.closeSync()
  }

  private addBatch(rows: readonly LooseRow[]): void {
    const problems: Problem[] = []
    let present = 0
    for (const { column, encode, nullable, values } of this.columns) {
      const { name } = column
      // Every object inherits these: only a value of the row's own counts.
      const inherited = name in Object.prototype
      for (let at = 0; at < rows.length; at++) {
        const row = rows[at]
        const value = inherited && !(row && Object.hasOwn(row, name)) ? undefined : row?.[name]
        if (value !== undefined) present++
        if (value !== null && value !== undefined) {
          const encoded = encode(value)
          if (encoded instanceof Refused) problems.push(this.wrong(column, at, value, encoded.expected))
          else values.push(encoded)
        } else if (nullable) values.push(null)
        else problems.push(this.missing(column, at, value))
      }
      if (problems.length >= shown) break
    }
    if (problems.length === 0) this.findUnknown(rows, present, problems)
    this.seen += rows.length
    if (problems.length === 0) this.buffered += rows.length
    else this.refuse(problems)
  }

  /** Leaves out the whole batch, so that columns stay in step when the notebook catches the error. */
  private refuse(problems: readonly Problem[]): never {
    for (const { values } of this.columns) values.length = this.buffered
    throw new ProblemError(problems.slice(0, shown))
  }

  /** Looks for keys that are no columns, only when there are more keys than columns took. */
  private findUnknown(rows: readonly LooseRow[], present: number, problems: Problem[]): void {
    let keys = 0
    for (const row of rows) for (const key in row) if (row[key] !== undefined) keys++
    if (keys === present) return
    for (const [at, row] of rows.entries()) {
      for (const key of Object.keys(row)) if (!this.names.has(key)) problems.push(this.unknown(key, at))
    }
  }

  private hand(): void {
    const chunk = DuckDBDataChunk.create(this.types, this.buffered)
    for (const [at, column] of this.columns.entries()) {
      const vector = chunk.getColumnVector(at)
      const { values } = column
      for (let row = 0; row < values.length; row++) vector.setItem(row, values[row] ?? null)
      vector.flush()
      column.values = []
    }
    this.appender.appendDataChunk(chunk)
    this.buffered = 0
  }

  private rowAt(at: number): string {
    return `${this.subject}: row ${this.seen + at + 1}`
  }

  private wrong({ name }: DeclaredColumn, at: number, value: unknown, expected: string): Problem {
    const message = `${this.rowAt(at)}: column '${name}' is ${shownValue(value)}, not ${expected}`
    return { code: 'contract/value', message }
  }

  private missing({ name }: DeclaredColumn, at: number, value: unknown): Problem {
    const is = value === null ? 'is null, and the contract does not allow it' : 'is missing'
    return { code: 'contract/null', message: `${this.rowAt(at)}: column '${name}' ${is}` }
  }

  private unknown(key: string, at: number): Problem {
    const hint = didYouMean(key, this.names)
    const message = `${this.rowAt(at)}: '${key}' is no column of the contract`
    return { code: 'contract/column-extra', message, ...(hint !== undefined && { hint }) }
  }
}

/** A wrong value in a few words. */
export function shownValue(value: unknown): string {
  if (typeof value === 'string') return `the string ${JSON.stringify(value.slice(0, 60))}`
  if (typeof value === 'number' || typeof value === 'bigint') return `the ${typeof value} ${value}`
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? 'an invalid Date' : `the Date ${value.toISOString()}`
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
