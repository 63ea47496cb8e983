import type { DeclaredCheck, DeclaredColumn, DeclaredTable } from './spec.ts'

/** A field of Table Schema (Data Package v2, datapackage.org/standard/table-schema). */
export interface SchemaField {
  readonly name: string
  readonly type: string
  readonly format?: string
  readonly description?: string
  /** The SQL type, which Table Schema has no word for. */
  readonly sqlType: string
  readonly constraints?: { readonly required?: true; readonly unique?: true }
}

interface ForeignKey {
  readonly fields: readonly string[]
  readonly reference: { readonly resource?: string; readonly fields: readonly string[] }
}

export interface TableSchema {
  readonly fields: readonly SchemaField[]
  readonly missingValues: readonly string[]
  readonly primaryKey?: readonly string[]
  readonly uniqueKeys?: readonly (readonly string[])[]
  readonly foreignKeys?: readonly ForeignKey[]
}

/**
 * The contract of a table as Table Schema: columns that are delivered, and of its promises those that this language
 * has words for and that every row keeps. References count to tables of the same package.
 *
 * @param resourceOf the name of the resource that holds a table, where the package has it
 */
export function tableSchema(
  table: DeclaredTable,
  columns: readonly DeclaredColumn[],
  nulls: string,
  resourceOf: (table: string) => string | undefined,
): TableSchema {
  const there = new Set(columns.map(({ name }) => name))
  const kept = table.checks.filter(({ onFailure }) => onFailure !== 'warn')
  const unique = kept.flatMap((check) =>
    check.kind === 'unique' && check.columns.every((name) => there.has(name)) ? [check.columns] : [],
  )
  const keyed = table.key.length > 0 && table.key.every((name) => there.has(name))
  const single = new Set(unique.flatMap((names) => (names.length === 1 ? names : [])))
  const several = unique.filter((names) => names.length > 1)
  const foreignKeys = kept.flatMap((check) => foreignKey(check, table.name, there, resourceOf))
  return {
    fields: columns.map((column) => field(column, table.key.includes(column.name), single.has(column.name))),
    missingValues: [nulls],
    ...(keyed && { primaryKey: table.key }),
    ...(several.length > 0 && { uniqueKeys: several }),
    ...(foreignKeys.length > 0 && { foreignKeys }),
  }
}

function field(
  { name, type, nullable, description }: DeclaredColumn,
  isKey: boolean,
  unique: boolean,
): SchemaField {
  const required = !nullable || isKey
  const constraints = {
    ...(required && { required: true as const }),
    ...(unique && { unique: true as const }),
  }
  return {
    name,
    ...fieldType(type),
    sqlType: type,
    ...(description !== undefined && { description }),
    ...((required || unique) && { constraints }),
  }
}

/** Whole numbers, decimals and times have words of their own; what is nested is JSON, and bytes are base64. */
function fieldType(type: string): Pick<SchemaField, 'type' | 'format'> {
  if (type.endsWith(']')) return { type: 'array' }
  if (type.startsWith('STRUCT') || type.startsWith('MAP')) return { type: 'object' }
  if (type.startsWith('DECIMAL')) return { type: 'number' }
  return plain[type] ?? { type: 'string' }
}

const plain: Readonly<Record<string, Pick<SchemaField, 'type' | 'format'> | undefined>> = {
  BOOLEAN: { type: 'boolean' },
  TINYINT: { type: 'integer' },
  SMALLINT: { type: 'integer' },
  INTEGER: { type: 'integer' },
  BIGINT: { type: 'integer' },
  FLOAT: { type: 'number' },
  DOUBLE: { type: 'number' },
  BLOB: { type: 'string', format: 'binary' },
  UUID: { type: 'string', format: 'uuid' },
  DATE: { type: 'date' },
  TIME: { type: 'time' },
  TIMESTAMP: { type: 'datetime' },
  'TIMESTAMP WITH TIME ZONE': { type: 'datetime' },
}

function foreignKey(
  check: DeclaredCheck,
  own: string,
  there: ReadonlySet<string>,
  resourceOf: (table: string) => string | undefined,
): ForeignKey[] {
  if (check.kind !== 'reference' || !there.has(check.column)) return []
  if (check.table === own) return [{ fields: [check.column], reference: { fields: [check.to] } }]
  const resource = resourceOf(check.table)
  return resource === undefined
    ? []
    : [{ fields: [check.column], reference: { resource, fields: [check.to] } }]
}
