import { lineWidth, propertyName } from './code-text.ts'
import type { SqlType } from '../../contract/sql-type.ts'

/** A column in an object literal, `fare: t.double()`, and what to say of it beside. */
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

interface Layout {
  readonly loose: boolean
  readonly unknown: Set<string>
  /** Spaces before the line that the call begins in. */
  readonly indent: number
}

/**
 * A SQL type as a call of `t`. A type that no contract has becomes text, with a note that names it.
 *
 * @param name the column, for the length of its line
 * @param indent spaces before its line
 * @param looseInside what stands inside lists and structs may be NULL: for types from a file, where nobody looked
 */
export function columnText(name: string, type: SqlType, indent: number, looseInside = false): ColumnText {
  const unknown = new Set<string>()
  const text = lineText(name, type, { loose: looseInside, unknown, indent })
  if (unknown.size === 0) return { text }
  return { text, note: `${[...unknown].join(', ')} in the file: no contract has this type, so it is text` }
}

function lineText(name: string, type: SqlType, layout: Layout): string {
  return `${propertyName(name)}: ${callText(type, layout, propertyName(name).length + 3)}`
}

/** @param beside characters that share the line with the call */
function callText(type: SqlType, layout: Layout, beside: number): string {
  const flat = `t.${flatCall(type, layout)}${type.nullable ? '.nullable()' : ''}`
  if (layout.indent + beside + flat.length <= lineWidth) return flat
  // As prettier breaks it: a call with a call behind it goes to a line of its own.
  const indent = layout.indent + (type.nullable ? 2 : 0)
  const pad = ' '.repeat(indent)
  const begin = type.nullable ? `t\n${pad}.` : 't.'
  const end = type.nullable ? `\n${pad}.nullable()` : ''
  const deeper = { ...layout, indent: indent + 2 }
  if (type.kind === 'struct') {
    const lines = type.fields.map(
      (each) => `${pad}  ${lineText(each.name, inside(each.type, layout), deeper)},\n`,
    )
    return `${begin}struct({\n${lines.join('')}${pad}})${end}`
  }
  if (type.kind !== 'list') return flat
  return `${begin}list(\n${pad}  ${callText(inside(type.item, layout), deeper, 1)},\n${pad})${end}`
}

function flatCall(type: SqlType, layout: Layout): string {
  const flat = (item: SqlType) => `t.${flatCall(item, layout)}${item.nullable ? '.nullable()' : ''}`
  if (type.kind === 'decimal') return `decimal(${type.precision}, ${type.scale})`
  if (type.kind === 'list') return `list(${flat(inside(type.item, layout))})`
  if (type.kind === 'struct') {
    const fields = type.fields.map(
      (field) => `${propertyName(field.name)}: ${flat(inside(field.type, layout))}`,
    )
    return `struct({ ${fields.join(', ')} })`
  }
  const known = calls[type.name.toUpperCase()]
  if (known !== undefined) return known
  layout.unknown.add(type.name.replace(/\(.*$/s, ''))
  return 'varchar()'
}

function inside(type: SqlType, { loose }: Layout): SqlType {
  return loose ? { ...type, nullable: true } : type
}
