import type { Type } from 'ts-morph'
import type { Declaration } from './declarations.ts'

/** A column of a declared table. */
export interface KnownColumn {
  readonly name: string
  /** Its SQL type as in its TypeScript type: with ` NULL` behind what may be NULL. */
  readonly sql: string
}

/**
 * The columns of a table as TypeScript knows them, so that spreads and columns of other tables count too;
 * undefined when it does not know them, as where packages are not installed.
 */
export function declaredColumns({ node }: Declaration): KnownColumn[] | undefined {
  const typeOf = (type: Type, property: string) => type.getProperty(property)?.getTypeAtLocation(node)
  const properties = typeOf(node.getType(), 'columns')?.getProperties() ?? []
  const columns = properties.map((property) => ({
    name: property.getName(),
    sql: typeOf(property.getTypeAtLocation(node), 'sql')?.getLiteralValue(),
  }))
  const known = columns.filter((column): column is KnownColumn => typeof column.sql === 'string')
  return known.length === 0 || known.length < columns.length ? undefined : known
}
