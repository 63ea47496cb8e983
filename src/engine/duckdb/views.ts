import { relationParts } from './ad-hoc-tables.ts'
import { filesSql, type VersionFiles } from './files-sql.ts'
import { quoteName } from './sql-text.ts'

/**
 * Statements that make a table's files a view of its name: `silver.trips` is a view in a schema, `a.b.c` one in a
 * schema of a database in memory.
 */
export function viewStatements(name: string, version: VersionFiles): string[] {
  const parts = relationParts(name).map(quoteName)
  return [
    ...(parts.length === 3 ? [`ATTACH IF NOT EXISTS ':memory:' AS ${parts[0]}`] : []),
    ...(parts.length > 1 ? [`CREATE SCHEMA IF NOT EXISTS ${parts.slice(0, -1).join('.')}`] : []),
    `CREATE OR REPLACE VIEW ${parts.join('.')} AS FROM ${filesSql(version)}`,
  ]
}
