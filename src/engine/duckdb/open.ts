import { rm } from 'node:fs/promises'
import type { DuckDBInstance } from '@duckdb/node-api'
import { ProblemError, type Problem } from '../../base/problem.ts'
import type { DeclaredTable } from '../../contract/spec.ts'
import type { Analysis, AnalysisRequest } from '../analysis.ts'
import type { Difference, DifferenceRequest } from '../row-difference.ts'
import type {
  CheckRequest,
  CheckResult,
  DigestColumn,
  Engine,
  EngineOptions,
  SessionRequest,
} from '../engine.ts'
import type { Exported, ExportRequest } from '../export.ts'
import { engineVersion } from '../version.ts'
import { analyse } from './analyse.ts'
import { Analyst } from './analyst.ts'
import { checkProblems, requireChecks } from './condition.ts'
import { checkFiles } from './check-files.ts'
import { Connection } from './connection.ts'
import { digestRows } from './content-digest.ts'
import { writeDifference } from './difference.ts'
import { diskHint } from './disk-hint.ts'
import { exportRows } from './export.ts'
import { FaultError, firstLine } from './faults.ts'
import { namesInFile } from './file-names.ts'
import { readFunctions, type Functions } from './functions.ts'
import { parseProblem } from './gate.ts'
import { brokenConditions } from './given.ts'
import { openInstance } from './instance.ts'
import { Parses } from './parses.ts'
import { DuckDbSession } from './session.ts'

/** Opens DuckDB in this process, in memory; what it spills goes to `options.tempFolder`. */
export async function openDuckDb(options: EngineOptions): Promise<Engine> {
  const instance = await openInstance(options)
  return new DuckDbEngine(instance, await Connection.open(instance), options)
}

class DuckDbEngine implements Engine {
  readonly version = engineVersion()
  private readonly instance: DuckDBInstance
  /** For what needs no connection of its own. */
  private readonly shared: Connection
  private readonly options: EngineOptions
  private readonly parses = new Parses()
  private readonly sessions = new Set<DuckDbSession>()
  private readonly working = new Set<Connection>()
  private functions: Promise<Functions> | undefined
  /** Opened when the first query is analysed. */
  private analyst: Promise<Analyst> | undefined

  constructor(instance: DuckDBInstance, shared: Connection, options: EngineOptions) {
    this.instance = instance
    this.shared = shared
    this.options = options
  }

  async session(request: SessionRequest): Promise<DuckDbSession> {
    this.functions ??= readFunctions(this.shared)
    const onClose = (session: DuckDbSession) => this.sessions.delete(session)
    const session = await DuckDbSession.open(
      {
        instance: this.instance,
        functions: await this.functions,
        parses: this.parses,
        tempFolder: this.options.tempFolder,
        onClose,
      },
      request,
    )
    this.sessions.add(session)
    return session
  }

  contentDigest(
    files: readonly string[],
    columns: readonly DigestColumn[],
    signal?: AbortSignal,
  ): Promise<string> {
    return this.ofFiles(signal, (connection) => digestRows(connection, this.version, files, columns))
  }

  difference(request: DifferenceRequest, signal?: AbortSignal): Promise<Difference> {
    return this.ofFiles(signal, (connection) => writeDifference(connection, request))
  }

  export(request: ExportRequest, signal?: AbortSignal): Promise<Exported> {
    return this.ofFiles(signal, (connection) => exportRows(connection, request))
  }

  async queryDigest(text: string): Promise<string> {
    const parsed = await this.parses.parse(this.shared, text)
    if ('node' in parsed) return parsed.digest
    throw new ProblemError(parseProblem(parsed, { subject: 'query', handle: '', text }))
  }

  columnsOf(format: 'csv' | 'parquet', file: string, name: string): Promise<readonly string[]> {
    return namesInFile(this.shared, format, file, name)
  }

  async broken(table: DeclaredTable, rows: readonly object[]): Promise<readonly (readonly number[])[]> {
    this.functions ??= readFunctions(this.shared)
    await requireChecks(this.shared, await this.functions, [{ table }])
    return brokenConditions(this.shared, table, rows)
  }

  async analyse(request: AnalysisRequest): Promise<Analysis> {
    this.functions ??= readFunctions(this.shared)
    this.analyst ??= Analyst.open(this.options)
    const [analyst, functions] = await Promise.all([this.analyst, this.functions])
    return analyse(analyst, functions, request)
  }

  async conditions(tables: readonly DeclaredTable[]): Promise<Problem[][]> {
    const functions = await (this.functions ??= readFunctions(this.shared))
    const problems: Problem[][] = []
    for (const table of tables) problems.push(await checkProblems(this.shared, functions, { table }))
    return problems
  }

  async check(request: CheckRequest): Promise<readonly CheckResult[]> {
    const functions = await (this.functions ??= readFunctions(this.shared))
    const connection = await Connection.open(this.instance)
    try {
      return await checkFiles(connection, functions, request)
    } finally {
      await connection.close()
    }
  }

  /** Work on files of tables, on a connection of its own. */
  private async ofFiles<T>(
    signal: AbortSignal | undefined,
    work: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted()
    const connection = await Connection.open(this.instance)
    this.working.add(connection)
    const interrupt = () => connection.interrupt()
    signal?.addEventListener('abort', interrupt, { once: true })
    try {
      return await work(connection)
    } catch (error) {
      if (!(error instanceof FaultError)) throw error
      throw new ProblemError({
        code: 'storage/corrupt',
        message: `the files of a table: ${firstLine(error.fault.message)}`,
        ...diskHint(error.fault),
      })
    } finally {
      signal?.removeEventListener('abort', interrupt)
      this.working.delete(connection)
      await connection.close()
    }
  }

  async close(): Promise<void> {
    for (const session of this.sessions) {
      session.interrupt()
      await session.close()
    }
    for (const connection of this.working) await connection.close()
    await (await this.analyst)?.close()
    await this.shared.close()
    this.instance.closeSync()
    await rm(this.options.tempFolder, { recursive: true, force: true })
  }
}
