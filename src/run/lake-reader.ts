import path from 'node:path'
import { cacheFolder } from '../flow/project.ts'
import type { LakePlace } from './lake-place.ts'
import { filesOf, findTable } from './lake-table.ts'
import type { FoundTable } from './lake-table.ts'
import { engineMemory } from './pool.ts'
import type { Preview } from './preview.ts'

/** What a column holds. */
export interface ColumnProfile {
  readonly name: string
  readonly type: string
  readonly nulls: number
  /** About how many different values there are. */
  readonly distinct: number
  readonly min?: string
  readonly max?: string
}

/** The first rows of a table, as texts. */
export type TablePreview = Omit<Preview, 'table'>

/** The result of a query: its columns, and its rows as they come, in the order of the columns. */
export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Values without loss; may be read once. */
  readonly rows: AsyncIterable<readonly unknown[]>
}

/** Reads tables with the engine, in this process. */
export interface LakeReader {
  rows(table: FoundTable): AsyncIterable<{ readonly [column: string]: unknown }>
  preview(table: FoundTable, limit: number): Promise<TablePreview>
  profile(table: FoundTable): Promise<ColumnProfile[]>
  query(sql: string): Promise<QueryResult>
  close(): Promise<void>
}

/** The engine is loaded when something is read first: listing tables does not need it. */
export function openLakeReader(place: LakePlace): LakeReader {
  let opened: ReturnType<typeof open> | undefined
  const reader = () => (opened ??= open(place))
  return {
    async *rows(table) {
      yield* (await reader()).rows(await filesOf(table), table.manifest.columns)
    },
    preview: async (table, limit) => (await reader()).preview(await filesOf(table), limit),
    profile: async (table) => (await reader()).profile(await filesOf(table)),
    async query(sql) {
      const names = (await place.state())?.heads.keys() ?? []
      const tables: Record<string, readonly string[]> = {}
      for (const name of names) tables[name] = await filesOf(await findTable(place, name))
      return (await reader()).adHoc(sql, tables)
    },
    close: async () => (await opened)?.close(),
  }
}

async function open({ project }: LakePlace) {
  const { openReader } = await import('../engine/duckdb/reader.ts')
  const memory = `${Math.floor(engineMemory(project.config.memory) / 2e6)}MB`
  const tempFolder = path.join(project.root, cacheFolder, 'tmp', `reader-${process.pid}`)
  return openReader({ memory, threads: 4, tempFolder })
}
