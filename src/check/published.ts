import type { DeclaredTable } from '../contract/spec.ts'
import type { Manifest } from '../lake/types.ts'

/** What a published version says of its contract: columns and key. */
export function publishedTable({ table, columns, key, notebook }: Manifest): DeclaredTable {
  return {
    name: table,
    columns: columns.map(({ name, type, nullable }) => ({ name, type, nullable })),
    key,
    checks: [],
    where: { file: notebook },
  }
}

/** A contract cut down to what a published version keeps, so that the two can be compared. */
export function publishedColumns({ name, columns, key, where }: DeclaredTable): DeclaredTable {
  return {
    name,
    columns: columns.map((column) => ({ name: column.name, type: column.type, nullable: column.nullable })),
    key,
    checks: [],
    ...(where && { where }),
  }
}
