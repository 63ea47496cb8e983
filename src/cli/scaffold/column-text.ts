import { propertyName } from './code-text.ts'
import { parseSqlType, type SqlType } from './sql-type.ts'

/** A column as its call of `t`, and what to say of it beside. */
export interface ColumnText {
  readonly text: string
  readonly note?: string
}

/** Integers that `t` lacks take the next type that holds all of their values. */
const calls: Readonly<Record<string, string | undefined>> = {
  BOOLEAN: 'boolean()',
  TINYINT: 'tinyint()',
  SMALLINT: 'smallint()',
  INTEGER: 'integer()',
  BIGINT: 'bigint()',
  HUGEINT: 'decimal(38, 0)',
  UTINYINT: 'smallint()',
  USMALLINT: 'integer()',
  UINTEGER: 'bigint()',
  UBIGINT: 'decimal(20, 0)',
  UHUGEINT: 'decimal(38, 0)',
  FLOAT: 'float()',
  DOUBLE: 'double()',
  VARCHAR: 'varchar()',
  JSON: 'json()',
  BLOB: 'blob()',
  UUID: 'uuid()',
  DATE: 'date()',
  TIME: 'time()',
  TIMESTAMP: 'timestamp()',
  TIMESTAMP_S: 'timestamp()',
  TIMESTAMP_MS: 'timestamp()',
  'TIMESTAMP WITH TIME ZONE': 'timestamptz()',
}

/**
 * A SQL type as a call of `t`. A type that no contract has becomes text, with a note that names it.
 *
 * @param looseInside what stands inside lists and structs may be NULL: for types from a file, where nobody looked
 */
export function columnText(type: string, looseInside = false): ColumnText {
  const unknown = new Set<string>()
  const text = callText(parseSqlType(type), looseInside, unknown)
  if (unknown.size === 0) return { text }
  return { text, note: `${[...unknown].join(', ')} in the file: no contract has this type, so it is text` }
}

function callText(type: SqlType, loose: boolean, unknown: Set<string>): string {
  return `t.${call(type, loose, unknown)}${type.nullable ? '.nullable()' : ''}`
}

function call(type: SqlType, loose: boolean, unknown: Set<string>): string {
  const inside = (item: SqlType) => callText(loose ? { ...item, nullable: true } : item, loose, unknown)
  if (type.kind === 'decimal') return `decimal(${type.precision}, ${type.scale})`
  if (type.kind === 'list') return `list(${inside(type.item)})`
  if (type.kind === 'struct') {
    const fields = type.fields.map(({ name, type: field }) => `${propertyName(name)}: ${inside(field)}`)
    return `struct({ ${fields.join(', ')} })`
  }
  const known = calls[type.name.toUpperCase()]
  if (known !== undefined) return known
  unknown.add(type.name.replace(/\(.*$/s, ''))
  return 'varchar()'
}
