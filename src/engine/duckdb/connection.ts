import {
  ResultReturnType,
  type DuckDBConnection,
  type DuckDBDataChunk,
  type DuckDBInstance,
  type DuckDBMaterializedResult,
  type DuckDBResult,
} from '@duckdb/node-api'
import { EngineInterrupted } from '../engine.ts'
import { interruptAtExit } from './at-exit.ts'
import { FaultError, faultError } from './faults.ts'
import type { Params } from './params.ts'
import { subquery } from './sql-text.ts'

/** A row of a small result: values as texts or JSON, without loss. */
export type TextRow = Readonly<Record<string, unknown>>

/** Chunks of a stream with the result that they belong to. */
export interface Stream {
  readonly result: DuckDBResult
  readonly chunks: AsyncGenerator<DuckDBDataChunk, void>
}

/**
 * A connection that runs one statement after the other, can be interrupted, and closes safely: DuckDB hangs
 * when a connection is closed under a running statement.
 */
export class Connection {
  readonly raw: DuckDBConnection
  private last: Promise<unknown> = Promise.resolve()
  private stopped = false
  private closed = false
  private readonly forget: () => void

  constructor(raw: DuckDBConnection) {
    this.raw = raw
    this.forget = interruptAtExit(this)
  }

  static async open(instance: DuckDBInstance): Promise<Connection> {
    return new Connection(await instance.connect())
  }

  /** Runs a statement. Rejects with FaultError or EngineInterrupted. */
  run(sql: string, params?: Params): Promise<DuckDBMaterializedResult> {
    return this.queued(() => this.raw.run(sql, params?.values, params?.types))
  }

  /** The rows of a small result. */
  async rows(sql: string, params?: Params): Promise<TextRow[]> {
    return (await this.run(sql, params)).getRowObjectsJson()
  }

  /** The first row of a small result. */
  async row(sql: string, params?: Params): Promise<TextRow> {
    const [row] = await this.rows(sql, params)
    return row ?? {}
  }

  /**
   * Streams a query. Nothing else may run on this connection until the stream is at its end: DuckDB then ends
   * the stream without a word. It also does so after an error: the result's type then says that it is not
   * valid, and the query runs once more, without keeping rows, only to learn the error.
   */
  async stream(query: string, params?: Params): Promise<Stream> {
    const result = await this.queued(() => this.raw.stream(query, params?.values, params?.types))
    return { result, chunks: this.chunksOf(result, query, params) }
  }

  private async *chunksOf(
    result: DuckDBResult,
    query: string,
    params?: Params,
  ): AsyncGenerator<DuckDBDataChunk, void> {
    for (;;) {
      const chunk = await this.queued(() => result.fetchChunk())
      if (!chunk || chunk.rowCount === 0) break
      yield chunk
    }
    if (result.returnType === ResultReturnType.QUERY_RESULT) return
    await this.failAgain(query, params)
    throw new FaultError(
      { type: 'Unknown', message: 'a stream of rows broke off', candidates: [] },
      undefined,
    )
  }

  /** Runs a query that failed once more, without keeping rows, and rejects with its error. */
  private async failAgain(query: string, params?: Params): Promise<void> {
    const before = 'SELECT max(hash(r)) FROM '
    try {
      await this.run(`${before}${subquery(query)} AS r`, params)
    } catch (error) {
      if (!(error instanceof FaultError) || error.fault.position === undefined) throw error
      throw new FaultError({ ...error.fault, position: error.fault.position - before.length - 1 }, error)
    }
  }

  /** Interrupts what runs, and refuses whatever comes later. */
  interrupt(): void {
    this.stopped = true
    this.raw.interrupt()
  }

  /** Interrupts what runs, waits for it, then closes. */
  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    this.interrupt()
    await this.last
    this.raw.closeSync()
    this.forget()
  }

  /** Runs synchronous work between statements, such as that of an appender. */
  exclusive<T>(work: () => T | Promise<T>): Promise<T> {
    return this.queued(async () => work())
  }

  private queued<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(() => this.guarded(work))
    this.last = result.catch(() => undefined)
    return result
  }

  private async guarded<T>(work: () => Promise<T>): Promise<T> {
    if (this.stopped) throw new EngineInterrupted()
    try {
      const value = await work()
      if (this.stopped) throw new EngineInterrupted()
      return value
    } catch (error) {
      throw faultError(error)
    }
  }
}
