import { LIST, listValue, VARCHAR } from '@duckdb/node-api'
import type { ColumnShape } from '../../lake/types.ts'
import type { Connection } from './connection.ts'
import { FaultError } from './faults.ts'
import { conjunction, type PartitionFilter } from './partition-filters.ts'
import { quoteName } from './sql-text.ts'
import { readNodes, type TreeNode } from './tree.ts'
import { typeSql } from './types.ts'

/** The partitions of a version. */
export interface HeldPartitions {
  readonly by: readonly string[]
  readonly columns: readonly Pick<ColumnShape, 'name' | 'type'>[]
  /** Of each partition, in the order of `by`. */
  readonly values: readonly (readonly string[])[]
}

const [at, partitions] = ['\u0001at', '\u0001partitions'].map(quoteName)

/**
 * The numbers of the partitions that fulfil one of some conditions; DuckDB says it, by a query over their values.
 * Undefined when it cannot be said, as of a value that does not fit: then the query over the rows tells.
 */
export async function chosenPartitions(
  connection: Connection,
  filters: readonly PartitionFilter[],
  { by, columns, values }: HeldPartitions,
): Promise<ReadonlySet<number> | undefined> {
  const types = by.map((name) => columns.find((column) => column.name === name)?.type)
  const casts = by.map((name, place) => {
    const type = types[place]
    return `CAST(unnest($${place + 1}) AS ${type === undefined ? 'VARCHAR' : typeSql(type)}) AS ${quoteName(name)}`
  })
  try {
    const condition = await conditionText(connection, conjunction('OR', filters))
    const lists = by.map((_, place) => listValue(values.map((each) => each[place] ?? '')))
    const held = `SELECT generate_subscripts($1, 1) - 1 AS ${at}, ${casts.join(', ')}`
    const found = await connection.rows(`WITH ${partitions} AS (${held}) ${condition}`, {
      values: lists,
      types: lists.map(() => LIST(VARCHAR)),
    })
    return new Set(found.map((row) => Number(Object.values(row)[0])))
  } catch (error) {
    if (error instanceof FaultError) return undefined
    throw error
  }
}

/** A SELECT over the partitions' values with a condition, written by DuckDB from its tree. */
async function conditionText(connection: Connection, condition: TreeNode): Promise<string> {
  const frame = await connection.row('SELECT json_serialize_sql($1::VARCHAR) AS tree', {
    values: [`SELECT ${at} FROM ${partitions} WHERE true`],
    types: [VARCHAR],
  })
  const tree = readNodes(String(frame['tree']))
  const [statement] = tree['statements'] as readonly { readonly node: TreeNode }[]
  const query = {
    ...tree,
    statements: [{ ...statement, node: { ...statement?.node, where_clause: condition } }],
  }
  const written = await connection.row('SELECT json_deserialize_sql($1::JSON) AS text', {
    values: [JSON.stringify(query, withoutPlaces)],
    types: [VARCHAR],
  })
  return String(written['text']).replace(/;\s*$/, '')
}

/** Those of nodes that have none are a number that JavaScript cannot hold. */
function withoutPlaces(key: string, value: unknown): unknown {
  return key === 'query_location' ? undefined : value
}
