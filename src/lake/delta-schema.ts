import { parseSqlType, type SqlType } from '../contract/sql-type.ts'
import type { ColumnShape } from './types.ts'

/**
 * Columns as a Delta table has them: the schema as JSON, and whether a column needs the feature `timestampNtz`.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md, "Schema Serialization Format" and "Timestamp
 * without timezone".
 */
export interface DeltaSchema {
  readonly schema: string
  readonly timestampNtz: boolean
}

/** Why a column cannot be a column of a Delta table, and what to do, in words that follow "column 'x' ". */
export interface DeltaFault {
  readonly column: string
  readonly fault: string
  readonly hint: string
}

type DeltaType = string | { readonly type: string; readonly [part: string]: unknown }

/**
 * Delta's names of our types. Delta readers trust that Parquet holds what the schema says, so a type stands here
 * only where DuckDB writes it in the physical form that Delta's type has. JSON is text for them.
 */
const primitives: Readonly<Record<string, string | undefined>> = {
  BOOLEAN: 'boolean',
  TINYINT: 'byte',
  SMALLINT: 'short',
  INTEGER: 'integer',
  BIGINT: 'long',
  FLOAT: 'float',
  DOUBLE: 'double',
  VARCHAR: 'string',
  JSON: 'string',
  BLOB: 'binary',
  DATE: 'date',
  TIMESTAMP: 'timestamp_ntz',
  'TIMESTAMP WITH TIME ZONE': 'timestamp',
}

/** What Delta takes in no name of a column as long as columns are not mapped. */
const badInNames = /[ ,;{}()\n\t=]/

/** The schema of columns, or all that stands against it. */
export function deltaSchema(columns: readonly ColumnShape[]): DeltaSchema | readonly DeltaFault[] {
  const faults: DeltaFault[] = []
  let timestampNtz = false

  function typeOf(type: SqlType, column: string): DeltaType {
    if (type.kind === 'decimal') return `decimal(${type.precision},${type.scale})`
    if (type.kind === 'list')
      return { type: 'array', elementType: typeOf(type.item, column), containsNull: true }
    if (type.kind === 'struct')
      return {
        type: 'struct',
        fields: type.fields.map((field) => fieldOf(field.name, field.type, column)),
      }
    const name = primitives[type.name.toUpperCase()]
    timestampNtz ||= name === 'timestamp_ntz'
    if (name === undefined) {
      const hint = `make it VARCHAR: CAST(${column} AS VARCHAR), and t.varchar() in its table`
      faults.push({ column, fault: `is ${type.name}, which Delta does not have`, hint })
    }
    return name ?? 'string'
  }

  function fieldOf(name: string, type: SqlType, column: string): object {
    if (badInNames.test(name)) {
      const where = name === column ? '' : ` has a field '${name}', which`
      const fault = `${where} has a space or one of , ; { } ( ) = in its name, which Delta refuses`.trim()
      faults.push({ column, fault, hint: 'rename it: `sluice rename column`' })
    }
    return { name, type: typeOf(type, column), nullable: true, metadata: {} }
  }

  // That a column has no NULL is a promise of the contract; in the files every column is optional.
  const fields = columns.map(({ name, type }) => fieldOf(name, parseSqlType(type), name))
  if (faults.length > 0) return faults
  return { schema: JSON.stringify({ type: 'struct', fields }), timestampNtz }
}
