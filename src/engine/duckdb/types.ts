import { ProblemError } from '../../base/problem.ts'
import { quoteName, quoteText } from './sql-text.ts'

/** A SQL type as a tree, so that types can be compared and never travel as free text. */
export type SqlType =
  | { readonly kind: 'plain'; readonly name: string }
  | { readonly kind: 'decimal'; readonly width: number; readonly scale: number }
  | { readonly kind: 'list'; readonly item: SqlType }
  | { readonly kind: 'array'; readonly item: SqlType; readonly size: number }
  | { readonly kind: 'struct'; readonly fields: readonly SqlField[] }
  | { readonly kind: 'map'; readonly key: SqlType; readonly value: SqlType }
  | { readonly kind: 'enum'; readonly values: readonly string[] }

export interface SqlField {
  readonly name: string
  readonly type: SqlType
}

const aliases: Readonly<Record<string, string | undefined>> = {
  TIMESTAMPTZ: 'TIMESTAMP WITH TIME ZONE',
  TIMETZ: 'TIME WITH TIME ZONE',
  '"NULL"': 'NULL',
}

/** Reads a type as contracts and DuckDB write it. Throws a ProblemError (`contract/type-unknown`). */
export function parseType(text: string): SqlType {
  const type = readType(text.trim())
  if (type) return type
  throw new ProblemError({
    code: 'contract/type-unknown',
    message: `'${text}' is not a type that Sluice knows`,
  })
}

/** A type that DuckDB tells; one that Sluice does not know stays as it is written, and fits nothing. */
export function foundType(text: string): SqlType {
  return readType(text.trim()) ?? { kind: 'plain', name: text }
}

function readType(text: string): SqlType | undefined {
  const suffix = /^(.*)\[(\d*)\]$/s.exec(text)
  if (suffix) {
    const item = readType((suffix[1] ?? '').trim())
    if (!item) return undefined
    return suffix[2] ? { kind: 'array', item, size: Number(suffix[2]) } : { kind: 'list', item }
  }
  const call = /^([A-Za-z]+)\s*\((.*)\)$/s.exec(text)
  if (call) return readCall((call[1] ?? '').toUpperCase(), splitTop(call[2] ?? ''))
  const name = aliases[text.toUpperCase()] ?? text.toUpperCase()
  return /^[A-Z][A-Z0-9_ ]*$/.test(name) ? { kind: 'plain', name } : undefined
}

function readCall(name: string, parts: readonly string[]): SqlType | undefined {
  if (name === 'DECIMAL') return { kind: 'decimal', width: Number(parts[0]), scale: Number(parts[1] ?? 0) }
  if (name === 'ENUM')
    return { kind: 'enum', values: parts.map((part) => part.slice(1, -1).replaceAll("''", "'")) }
  if (name === 'MAP') {
    const [key, value] = parts.map(readType)
    return key && value && { kind: 'map', key, value }
  }
  if (name !== 'STRUCT') return undefined
  const fields = parts.map(readField)
  return fields.includes(undefined) ? undefined : { kind: 'struct', fields: fields as SqlField[] }
}

function readField(text: string): SqlField | undefined {
  const match = /^(?:"((?:[^"]|"")*)"|(\S+))\s+(.+)$/s.exec(text)
  const type = match?.[3] === undefined ? undefined : readType(match[3].trim())
  return type && { name: match?.[1]?.replaceAll('""', '"') ?? match?.[2] ?? '', type }
}

/** Splits at commas that are not inside quotes, parentheses or brackets. */
function splitTop(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let part = ''
  for (const piece of text.match(/"(?:[^"]|"")*"|'(?:[^']|'')*'|[\s\S]/g) ?? []) {
    if (piece === ',' && depth === 0) {
      parts.push(part.trim())
      part = ''
      continue
    }
    if (piece === '(' || piece === '[') depth++
    if (piece === ')' || piece === ']') depth--
    part += piece
  }
  return [...parts, part.trim()].filter((item) => item !== '')
}

/** A type as SQL, in one spelling. */
export function typeText(type: SqlType): string {
  switch (type.kind) {
    case 'plain':
      return type.name === 'NULL' ? '"NULL"' : type.name
    case 'decimal':
      return `DECIMAL(${type.width},${type.scale})`
    case 'list':
      return `${typeText(type.item)}[]`
    case 'array':
      return `${typeText(type.item)}[${type.size}]`
    case 'struct':
      return `STRUCT(${type.fields.map((field) => `${quoteName(field.name)} ${typeText(field.type)}`).join(', ')})`
    case 'map':
      return `MAP(${typeText(type.key)}, ${typeText(type.value)})`
    case 'enum':
      return `ENUM(${type.values.map(quoteText).join(', ')})`
  }
}

/** A type's text from outside in the one spelling; safe to stand in SQL. */
export function typeSql(text: string): string {
  return typeText(parseType(text))
}

/** Lists, structs and the like: Parquet keeps no count of NULLs for the column as a whole. */
export function isNested(text: string): boolean {
  const { kind } = parseType(text)
  return kind === 'list' || kind === 'array' || kind === 'struct' || kind === 'map'
}
