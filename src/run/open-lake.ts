import { closeAll } from './close-all.ts'
import { heldTables } from '../lake/held.ts'
import type { HistoryOptions } from '../lake/history.ts'
import type { ColumnShape, LogEntry } from '../lake/types.ts'
import type { RunEvent, RunSummary } from './events.ts'
import { openDigests } from './lake-digest.ts'
import { findFailures } from './lake-failures.ts'
import { inPartitions, partitionsOf, type LakePartition, type PartitionFilter } from './lake-partitions.ts'
import { openPlace } from './lake-place.ts'
import { openLakeReader } from './lake-reader.ts'
import type { ColumnProfile, QueryResult, TablePreview } from './lake-reader.ts'
import { runEvents, runSummaries } from './lake-runs.ts'
import { checkTable, filesOf, findTable, tableOf } from './lake-table.ts'
import type { FoundTable, LakeTable } from './lake-table.ts'
import type { ProjectOptions } from './options.ts'

/** A version of a table of a lake. Everything is read when it is asked for. */
export interface OpenTable {
  /** What the log says of it. */
  info(): Promise<LakeTable>
  schema(): Promise<readonly ColumnShape[]>
  /** Absolute paths of its Parquet files, or of those of some partitions; files of a remote store are fetched. */
  files(options?: PartitionOption): Promise<string[]>
  /**
   * The rows, streamed, without loss: BIGINT is a bigint, DECIMAL a string, DATE and TIMESTAMP a Date; a
   * time with microseconds is a bigint of microseconds since 1970. Of some partitions, only their files are opened.
   */
  rows(options?: PartitionOption): AsyncIterable<{ readonly [column: string]: unknown }>
  /** Its first rows as texts. */
  preview(limit?: number, options?: PartitionOption): Promise<TablePreview>
  /** For each column NULLs, distinct values (about), least and greatest. */
  profile(options?: PartitionOption): Promise<ColumnProfile[]>
  /** Its partitions in the order of their values, or some of them; none of a table that is not partitioned. */
  partitions(filter?: PartitionFilter): Promise<LakePartition[]>
}

/** Which partitions of a table are read: those with these values, such as `{ month: '2019-01' }`. */
export interface PartitionOption {
  readonly partition?: PartitionFilter
}

/** The tables of an environment, for other programs. It only reads. */
/** Rows that break one check of a table. */
export interface FailedCheck {
  readonly check: string
  readonly rows: TablePreview
}

/** Rows that break checks of a table, as a run kept them. */
export interface TableFailures {
  readonly table: string
  readonly run: string
  /** When that run began, ISO 8601. */
  readonly at: string
  readonly checks: readonly FailedCheck[]
}

export interface OpenLake {
  readonly env: string
  /** Where the tables are, for people. */
  readonly where: string
  /** The tables of the environment, by name; none when it was never written. */
  tables(): Promise<LakeTable[]>
  /**
   * A table by its name, or a version of it: `silver.trips@3`, `silver.trips@'2026-01-31'`. Its methods throw
   * a ProblemError `project/unknown` when there is none.
   */
  table(name: string): OpenTable
  /** One SELECT over the tables of the environment, by their names. */
  query(sql: string): Promise<QueryResult>
  /**
   * Rows that break data checks of a table, of the last run that kept some; at most `limit` of each check. Undefined
   * when there are none.
   */
  failures(
    table: string,
    options?: { readonly check?: string; readonly limit?: number },
  ): Promise<TableFailures | undefined>
  /** The content digest of a table: equal for equal rows, in whatever order and files. */
  digest(table: string): Promise<string>
  /** The commits of the environment, newest first, or those that changed a table. */
  history(table?: string, options?: Omit<HistoryOptions, 'table'>): AsyncIterable<LogEntry>
  /** The last runs over all environments, newest first. */
  runs(options?: { readonly limit?: number }): Promise<RunSummary[]>
  /** What happened in a run, by its id or the beginning of it. */
  events(run: string): Promise<RunEvent[]>
  close(): Promise<void>
}

/**
 * Opens the lake of a project for reading. Nothing is created; an environment that was never written is empty.
 *
 * @throws ProblemError when there is no project, or its configuration or storage is not valid
 */
export async function openLake(options: ProjectOptions = {}): Promise<OpenLake> {
  const place = await openPlace(options)
  const reader = openLakeReader(place)
  const digests = openDigests(place)
  const { lake, envName, where } = place
  return {
    env: envName,
    where,
    async tables() {
      const state = await place.state()
      const held = state ? heldTables(state) : new Set<string>()
      return Array.from(state?.heads ?? [], ([name, head]) => tableOf(name, head, held.has(name))).toSorted(
        (a, b) => (a.name < b.name ? -1 : 1),
      )
    },
    table: (name) => openTable(() => findTable(place, name), reader),
    query: (sql) => reader.query(sql),
    async failures(table, { check, limit = 10 } = {}) {
      const found = lake && (await findFailures(lake, envName, table, check))
      if (!found) return undefined
      const checks: FailedCheck[] = []
      for (const [name, file] of Object.entries(found.files))
        checks.push({ check: name, rows: await reader.previewFiles([file], limit) })
      return { table, run: found.run, at: found.at, checks }
    },
    digest: async (name) => digests.of(await findTable(place, name)),
    async *history(table, historyOptions) {
      if (table !== undefined) await checkTable(place, table)
      if (lake !== undefined)
        yield* lake.env(envName).history({ ...historyOptions, ...(table !== undefined && { table }) })
    },
    runs: async ({ limit = 20 } = {}) => (lake === undefined ? [] : runSummaries(lake, limit)),
    events: (run) => runEvents(lake, run),
    async close() {
      await closeAll(reader, digests, place)
    },
  }
}

function openTable(find: () => Promise<FoundTable>, reader: ReturnType<typeof openLakeReader>): OpenTable {
  let found: Promise<FoundTable> | undefined
  // Looked up once: all that is read of it is then of one version.
  const look = (): Promise<FoundTable> => (found ??= find())
  const part = async (options?: PartitionOption) => inPartitions(await look(), options?.partition)
  return {
    info: async () => (await look()).table,
    schema: async () => (await look()).manifest.columns,
    files: async (options) => filesOf(await part(options)),
    async *rows(options) {
      yield* reader.rows(await part(options))
    },
    preview: async (limit = 10, options) => reader.preview(await part(options), limit),
    profile: async (options) => reader.profile(await part(options)),
    partitions: async (filter) => partitionsOf(await look(), filter),
  }
}
