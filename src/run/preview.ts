import path from 'node:path'
import { engineMemory } from './pool.ts'
import { spillFolder } from './spill.ts'
import type { Workspace } from './workspace.ts'

/** Some rows of a table, as texts, for people. */
export interface Preview {
  readonly table: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Null for NULL. */
  readonly rows: readonly (readonly (string | null)[])[]
  /** Rows in all. */
  readonly total: number
}

/** How many rows are shown. */
const shown = 10

/** The first rows of Parquet files. */
export async function previewFiles(
  workspace: Workspace,
  table: string,
  files: readonly string[],
): Promise<Preview> {
  const { openReader } = await import('../engine/duckdb/reader.ts')
  const memory = `${Math.floor(engineMemory(workspace.project.config.memory) / 4e6)}MB`
  const tempFolder = path.join(spillFolder(workspace.root), `reader-${process.pid}`)
  const reader = await openReader({ memory, threads: 2, tempFolder })
  try {
    return { table, ...(await reader.preview(files, shown)) }
  } finally {
    await reader.close()
  }
}
