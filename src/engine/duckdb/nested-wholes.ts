import { isFraction, wholeNumber } from './source-columns.ts'
import { quoteName, quoteText } from './sql-text.ts'
import { parseType, typeText, type SqlType } from './types.ts'

/**
 * Whole numbers within lists and structs of JSON: DuckDB would round 1.7 to 2 without a word, so they are read as texts,
 * as those of plain columns are.
 */

const wholes = new Set(['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'])

/** Whether a type holds whole numbers, however deep. */
export function holdsWholes(type: SqlType): boolean {
  if (type.kind === 'list') return holdsWholes(type.item)
  if (type.kind === 'struct') return type.fields.some((field) => holdsWholes(field.type))
  return type.kind === 'plain' && wholes.has(type.name)
}

/** The type with texts in place of whole numbers, as SQL. */
export function typeWithTexts(text: string): string {
  return typeText(withTexts(parseType(text)))
}

function withTexts(type: SqlType): SqlType {
  if (type.kind === 'list') return { ...type, item: withTexts(type.item) }
  if (type.kind === 'struct')
    return { ...type, fields: type.fields.map((field) => ({ ...field, type: withTexts(field.type) })) }
  return holdsWholes(type) ? { kind: 'plain', name: 'VARCHAR' } : type
}

/** A value of such a type with its whole numbers, or an error where one has a fraction. */
export function withWholes(sql: string, type: SqlType, depth = 0): string {
  if (!holdsWholes(type)) return sql
  if (type.kind === 'list') {
    const item = `v${depth}`
    return `list_transform(${sql}, lambda ${item}: ${withWholes(item, type.item, depth + 1)})`
  }
  if (type.kind !== 'struct') return wholeNumber(sql, typeText(type))
  const fields = type.fields.map(
    (field) => `${quoteName(field.name)} := ${withWholes(fieldOf(sql, field.name), field.type, depth)}`,
  )
  return `CASE WHEN ${sql} IS NOT NULL THEN struct_pack(${fields.join(', ')}) END`
}

/** True of a value of such a type with a fraction in it. */
export function hasFraction(sql: string, type: SqlType, depth = 0): string {
  if (!holdsWholes(type)) return 'false'
  if (type.kind === 'list') {
    const item = `v${depth}`
    return `len(list_filter(${sql}, lambda ${item}: coalesce(${hasFraction(item, type.item, depth + 1)}, false))) > 0`
  }
  if (type.kind !== 'struct') return isFraction(sql)
  return type.fields
    .filter((field) => holdsWholes(field.type))
    .map((field) => `coalesce(${hasFraction(fieldOf(sql, field.name), field.type, depth)}, false)`)
    .join(' OR ')
}

function fieldOf(sql: string, name: string): string {
  return `struct_extract(${sql}, ${quoteText(name)})`
}
