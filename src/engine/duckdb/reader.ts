import { rm } from 'node:fs/promises'
import type { DuckDBInstance } from '@duckdb/node-api'
import type { ColumnShape } from '../../lake/types.ts'
import type { EngineOptions } from '../engine.ts'
import type { DiffRequest, RowsDiff } from '../table-diff.ts'
import { adHocQuery, type AdHocTables, type AdHocText, type QueryRows } from './ad-hoc.ts'
import { Connection } from './connection.ts'
import { decodeVector } from './decode.ts'
import { diffRows } from './diff.ts'
import { openInstance } from './instance.ts'
import { previewFiles, profileFiles, type ColumnProfile, type TextPreview } from './profile.ts'
import { parquetFiles, quoteName } from './sql-text.ts'

export type { ChoosePartitions } from './ad-hoc-tables.ts'
export type { QueryRows } from './ad-hoc.ts'
export type { ColumnProfile, TextPreview } from './profile.ts'

/** Reads tables and files for people, in the process that asks. */
export interface Reader {
  /** The rows of Parquet files as objects, with values as the columns' types say. */
  rows(
    files: readonly string[],
    columns: readonly Pick<ColumnShape, 'name' | 'type'>[],
  ): AsyncIterable<Record<string, unknown>>
  /** The first rows as texts. */
  preview(files: readonly string[], limit: number): Promise<TextPreview>
  /** What each column holds; all columns when none are named. */
  profile(files: readonly string[], columns?: readonly string[]): Promise<ColumnProfile[]>
  /** The result of a single SELECT over tables, by name, such as `silver.trips`; it reaches nothing else. */
  adHoc(query: AdHocText, tables: AdHocTables): Promise<QueryRows>
  /** How the rows of two versions of a table differ. */
  diff(request: DiffRequest, table: string): Promise<RowsDiff>
  close(): Promise<void>
}

/** Opens DuckDB in memory for reading. Only `adHoc` runs text of users, on a locked instance of its own. */
export async function openReader(options: EngineOptions): Promise<Reader> {
  const instance = await openInstance(options)
  const connection = await Connection.open(instance)
  const open = new Set<() => Promise<void>>()
  return {
    rows: (files, columns) => rowsOf(instance, files, columns),
    preview: (files, limit) => previewFiles(connection, files, limit),
    profile: (files, columns) => profileFiles(connection, files, columns),
    adHoc: (query, tables) => adHocQuery({ options, parser: connection, open }, query, tables),
    async diff(request, table) {
      const own = await Connection.open(instance)
      try {
        return await diffRows(own, request, table)
      } finally {
        await own.close()
      }
    },
    async close() {
      for (const close of open) await close()
      await connection.close()
      instance.closeSync()
      await rm(options.tempFolder, { recursive: true, force: true })
    },
  }
}

async function* rowsOf(
  instance: DuckDBInstance,
  files: readonly string[],
  columns: readonly Pick<ColumnShape, 'name' | 'type'>[],
): AsyncGenerator<Record<string, unknown>, void> {
  if (files.length === 0) return
  const connection = await Connection.open(instance)
  try {
    const names = columns.map(({ name }) => name)
    const { chunks } = await connection.stream(
      `SELECT ${names.map(quoteName).join(', ')} FROM ${parquetFiles(files)}`,
    )
    for await (const chunk of chunks) {
      const values = names.map((name, at) =>
        decodeVector(chunk.getColumnVector(at), { subject: `column '${name}'` }),
      )
      for (let row = 0; row < chunk.rowCount; row++) yield rowAt(names, values, row)
    }
  } finally {
    await connection.close()
  }
}

function rowAt(
  names: readonly string[],
  values: readonly (readonly unknown[])[],
  row: number,
): Record<string, unknown> {
  return Object.fromEntries(names.map((name, at) => [name, values[at]?.[row]]))
}
