import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  type DuckDBValue,
} from '@duckdb/node-api'
import type { Problem } from '../../base/problem.ts'
import type { DeclaredColumn } from '../../contract/spec.ts'
import type { Cell } from '../engine.ts'
import { encoderOf, Refused } from './encode.ts'
import { shownValue } from './insert.ts'
import { parseType, type SqlType } from './types.ts'

/** A value of the engine's in one spelling: equal values have equal texts. */
export function cellOf(value: DuckDBValue, type: SqlType): Cell {
  if (value === null) return null
  if (type.kind === 'plain' && type.name === 'JSON' && typeof value === 'string') return jsonText(value)
  return textOf(value, type)
}

function textOf(value: DuckDBValue, type: SqlType): string {
  if (value === null) return 'NULL'
  // -0 is 0 in SQL, and a FLOAT has the digits of its own width.
  if (typeof value === 'number') return String((isFloat(type) ? Math.fround(value) : value) + 0)
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) {
    const item = 'item' in type ? type.item : type
    return `[${value.items.map((each) => nestedText(each, item)).join(', ')}]`
  }
  if (value instanceof DuckDBStructValue) return structText(value, type)
  if (value instanceof DuckDBMapValue) {
    const [of, to] = type.kind === 'map' ? [type.key, type.value] : [type, type]
    return `{${value.entries.map(({ key, value: item }) => `${nestedText(key, of)}: ${nestedText(item, to)}`).join(', ')}}`
  }
  if (value instanceof DuckDBBlobValue) return `0x${Buffer.from(value.bytes).toString('hex')}`
  return String(value)
}

/** Texts within lists and structs stand in quotes, so that `['a, b']` is not `['a', 'b']`. */
function nestedText(value: DuckDBValue, type: SqlType): string {
  return typeof value === 'string' ? JSON.stringify(value) : textOf(value, type)
}

function structText({ entries }: DuckDBStructValue, type: SqlType): string {
  const fields = Object.entries(entries).map(([name, item]) => {
    const field = type.kind === 'struct' ? type.fields.find((each) => each.name === name) : undefined
    return `${name}: ${nestedText(item, field?.type ?? type)}`
  })
  return `{${fields.join(', ')}}`
}

function isFloat(type: SqlType): boolean {
  return type.kind === 'plain' && type.name === 'FLOAT'
}

/** JSON without its layout. Numbers with more digits than JavaScript keeps stay as they are written. */
function jsonText(text: string): string {
  if (/\d{16}/.test(text)) return text
  try {
    return JSON.stringify(sorted(JSON.parse(text)))
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]))
}

/**
 * Values of JavaScript as cells of a column, as if they had been written and read again.
 *
 * @param subject what a value is told of, such as `output table 'silver.trips'`
 */
export function cellsOf(
  column: DeclaredColumn,
  values: readonly unknown[],
  subject: string,
): { readonly cells: readonly Cell[]; readonly problems: readonly Problem[] } {
  const type = parseType(column.type)
  const encode = encoderOf(type, column.readAs)
  const problems: Problem[] = []
  const cells = values.map((value, at) => {
    const encoded = value === null || value === undefined ? null : encode(value)
    if (!(encoded instanceof Refused)) return cellOf(encoded, type)
    const message = `${subject}: row ${at + 1}: column '${column.name}' is ${shownValue(value)}, not ${encoded.expected}`
    problems.push({ code: 'contract/value', message })
    return null
  })
  return { cells, problems }
}
