import path from 'node:path'
import type {
  ChoosePartitions,
  ColumnProfile,
  QueryRows,
  Reader,
  TextPreview,
} from '../engine/duckdb/reader.ts'
import type { DiffRequest, DiffSide, RowsDiff } from '../engine/table-diff.ts'
import type { LakePlace } from './lake-place.ts'
import { inChosen } from './lake-partitions.ts'
import { filesOf, findTable, foundHead } from './lake-table.ts'
import type { FoundTable } from './lake-table.ts'
import { engineMemory } from './pool.ts'
import { queryVersions } from './query-versions.ts'
import { spillFolder } from './spill.ts'

export type {
  ColumnProfile,
  QueryRows as QueryResult,
  TextPreview as TablePreview,
} from '../engine/duckdb/reader.ts'

/** Reads tables with the engine, in this process. */
export interface LakeReader {
  rows(table: FoundTable): AsyncIterable<{ readonly [column: string]: unknown }>
  preview(table: FoundTable, limit: number): Promise<TextPreview>
  profile(table: FoundTable): Promise<ColumnProfile[]>
  query(sql: string): Promise<QueryRows>
  /** The first rows of Parquet files on this machine. */
  previewFiles(files: readonly string[], limit: number): Promise<TextPreview>
  /** How the rows of two versions differ. */
  diff(before: FoundTable, after: FoundTable, how: Omit<DiffRequest, 'before' | 'after'>): Promise<RowsDiff>
  close(): Promise<void>
}

/** The engine is loaded when something is read first: listing tables does not need it. */
export function openLakeReader(place: LakePlace): LakeReader {
  let opened: Promise<Reader> | undefined
  const reader = () => (opened ??= open(place))
  return {
    async *rows(table) {
      const files = await filesOf(table)
      yield* (await reader()).rows(files, table.manifest.columns)
    },
    async preview(table, limit) {
      const { rows } = table.manifest
      const files = await filesOf(firstOf(table, limit))
      return { ...(await (await reader()).preview(files, limit)), total: rows }
    },
    async profile(table) {
      const files = await filesOf(table)
      return (await reader()).profile(files)
    },
    previewFiles: async (files, limit) => (await reader()).preview(files, limit),
    async query(sql) {
      const { text, indexAt, versions } = await queryVersions(place, sql)
      // All heads are of one state: a query over two tables of a step never sees one of an older commit.
      const heads = (await place.state())?.heads
      const headOf = async (name: string) => {
        const head = heads?.get(name)
        return head && place.lake ? foundHead(place.lake, name, head) : findTable(place, name)
      }
      const version = async (name: string, choose: ChoosePartitions) => {
        const found = await inChosen(versions.get(name) ?? (await headOf(name)), choose)
        return { files: await filesOf(found), columns: found.manifest.columns }
      }
      const tables = { names: [...versions.keys(), ...(heads?.keys() ?? [])], version }
      return (await reader()).adHoc({ text, said: { text: sql, indexAt } }, tables)
    },
    async diff(before, after, how) {
      const sides = { before: await sideOf(before), after: await sideOf(after) }
      return (await reader()).diff({ ...how, ...sides }, after.table.name)
    },
    close: async () => (await opened)?.close(),
  }
}

/** A table with as many of its files as are needed for its first rows: it may have very many. */
function firstOf(table: FoundTable, limit: number): FoundTable {
  let rows = 0
  const files = table.manifest.files.filter((file, at) => {
    const isWanted = at === 0 || rows < limit
    rows += file.rows
    return isWanted
  })
  return { ...table, manifest: { ...table.manifest, files } }
}

async function sideOf(table: FoundTable): Promise<DiffSide> {
  const { columns, key, rows } = table.manifest
  return { files: await filesOf(table), columns, key, rows }
}

async function open({ project }: LakePlace): Promise<Reader> {
  const { openReader } = await import('../engine/duckdb/reader.ts')
  const memory = `${Math.floor(engineMemory(project.config.memory) / 2e6)}MB`
  const tempFolder = path.join(spillFolder(project.root), `reader-${process.pid}`)
  return openReader({ memory, threads: 4, tempFolder })
}
