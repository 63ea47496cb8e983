import { viewStatements } from '../engine/duckdb/views.ts'
import { openPlace } from './lake-place.ts'
import { filesOf, foundHead } from './lake-table.ts'
import type { ProjectOptions } from './options.ts'

/** Views over the tables of an environment, as SQL for DuckDB. */
export interface Views {
  readonly env: string
  /** Where the tables are, for people. */
  readonly where: string
  /** The commit whose versions they show; 0 when the environment was never written. */
  readonly commit: number
  readonly tables: readonly string[]
  /** One statement a line. */
  readonly sql: string
}

/**
 * SQL that makes a view of each table of an environment, with its name. The views show the versions of now, by
 * the paths of their files on this machine; files of a remote store are fetched.
 */
export async function views(options: ProjectOptions = {}): Promise<Views> {
  const place = await openPlace(options)
  try {
    const { envName, where, lake } = place
    const state = await place.state()
    const heads = [...(state?.heads ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1))
    const statements = new Set<string>()
    for (const [name, head] of heads) {
      if (lake === undefined) continue
      const found = await foundHead(lake, name, head)
      const version = { files: await filesOf(found), columns: found.manifest.columns }
      viewStatements(name, version).forEach((statement) => statements.add(statement))
    }
    const commit = state?.commit ?? 0
    const title = `-- The tables of environment '${envName}' as of commit ${commit}, written by \`sluice views\`.`
    const sql = [title, ...Array.from(statements, (statement) => `${statement};`), ''].join('\n')
    return { env: envName, where, commit, tables: heads.map(([name]) => name), sql }
  } finally {
    await place.close()
  }
}
