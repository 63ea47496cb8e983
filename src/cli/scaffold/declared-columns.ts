import { Node, type Type } from 'ts-morph'
import type { Declaration } from './declarations.ts'

/** A column of a declared table. */
export interface KnownColumn {
  readonly name: string
  /** Its SQL type as in its TypeScript type, with ` NULL` behind what may be NULL; undefined for structs. */
  readonly sql?: string
}

/**
 * The columns of a table as TypeScript knows them, so that spreads and columns of other tables count too;
 * undefined when it does not know them, as where packages are not installed.
 */
export function declaredColumns({ node }: Declaration): KnownColumn[] | undefined {
  const typeOf = (type: Type, property: string) => type.getProperty(property)?.getTypeAtLocation(node)
  const properties = typeOf(node.getType(), 'columns')?.getProperties() ?? []
  const columns = properties.map((property) => {
    const sql = typeOf(property.getTypeAtLocation(node), 'sql')?.getLiteralValue()
    return { name: property.getName(), ...(typeof sql === 'string' && { sql }) }
  })
  if (columns.length === 0) return undefined
  const initializer = node.getInitializer()
  const written = Node.isCallExpression(initializer) ? namesAsWritten(initializer.getArguments()[1]) : []
  const places = new Map([...new Set(written)].map((name, at) => [name, at]))
  const placeOf = ({ name }: KnownColumn) => places.get(name) ?? places.size
  return columns.toSorted((a, b) => placeOf(a) - placeOf(b))
}

/** The names in an object literal in their order; the type of one with a spread does not keep it. */
function namesAsWritten(node: Node | undefined): string[] {
  if (node === undefined) return []
  if (!Node.isObjectLiteralExpression(node))
    return node
      .getType()
      .getProperties()
      .map((each) => each.getName())
  return node.getProperties().flatMap((property) => {
    if (Node.isSpreadAssignment(property)) return namesAsWritten(property.getExpression())
    return property.getSymbol()?.getName() ?? []
  })
}
