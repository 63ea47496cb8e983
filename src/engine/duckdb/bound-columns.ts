import type { Connection } from './connection.ts'
import type { BoundColumn } from './source-parquet.ts'

/** Types that a prepared statement and DESCRIBE call by the same name. */
const plain = new Set([
  'BOOLEAN',
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'HUGEINT',
  'UTINYINT',
  'USMALLINT',
  'UINTEGER',
  'UBIGINT',
  'UHUGEINT',
  'FLOAT',
  'DOUBLE',
  'VARCHAR',
  'BLOB',
  'DATE',
  'TIME',
  'TIMESTAMP',
  'TIMESTAMP WITH TIME ZONE',
  'INTERVAL',
  'UUID',
])

/**
 * The columns of a query from preparing it, which takes a fifth of what DESCRIBE takes. Undefined where a column has
 * another type than the plain ones: DESCRIBE tells of those. Rejects with a FaultError.
 */
export async function boundColumns(
  connection: Connection,
  query: string,
): Promise<BoundColumn[] | undefined> {
  return connection.exclusive(async () => {
    const statement = await connection.raw.prepare(query)
    try {
      const columns = Array.from({ length: statement.columnCount }, (_, at) => {
        const type = statement.columnType(at)
        return { name: statement.columnName(at), type: String(type), alias: type.alias }
      })
      const known = columns.every(({ type, alias }) => alias === undefined && isPlain(type))
      return known ? columns.map(({ name, type }) => ({ name, type })) : undefined
    } finally {
      statement.destroySync()
    }
  })
}

function isPlain(type: string): boolean {
  return plain.has(type) || /^DECIMAL\(\d+,\d+\)$/.test(type)
}
