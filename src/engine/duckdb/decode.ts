import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBArrayValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBValue,
  type DuckDBVector,
} from '@duckdb/node-api'
import { ProblemError } from '../../base/problem.ts'
import type { ReadAs } from '../../contract/column.ts'
import { dayMs, decimalText } from './scalars.ts'

/** A column on its way to JavaScript. */
export interface ColumnOut {
  /** Such as `input table 'silver.trips': column 'at'`, for messages. */
  readonly subject: string
  readonly readAs?: ReadAs
  /** How to read a time without loss, where it is not `.micros()`. */
  readonly exactTime?: string
}

/** The values of a vector as a row holds them (`contract/types.ts`). Throws a ProblemError (`contract/lossy`). */
export function decodeVector(vector: DuckDBVector, column: ColumnOut): unknown[] {
  const count = vector.itemCount
  const values: unknown[] = Array.from({ length: count })
  for (let at = 0; at < count; at++) {
    const item = vector.getItem(at)
    // Numbers, texts and booleans are as they should be, and most of all values.
    values[at] =
      typeof item === 'object'
        ? decode(item, column)
        : typeof item === 'bigint'
          ? decodeBigint(item, column)
          : item
  }
  return values
}

function decode(value: DuckDBValue, column: ColumnOut): unknown {
  if (value === null) return null
  if (typeof value === 'bigint') return decodeBigint(value, column)
  if (typeof value !== 'object') return value
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue)
    return decodeMicros(value.micros, column)
  if (value instanceof DuckDBDecimalValue) return decodeDecimal(value, column)
  if (value instanceof DuckDBDateValue) return decodeDate(value, column)
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue)
    return value.items.map((item) => decode(item, column))
  if (value instanceof DuckDBStructValue) return decodeStruct(value, column)
  if (value instanceof DuckDBBlobValue) return new Uint8Array(value.bytes)
  if (value instanceof DuckDBMapValue) {
    return value.entries.map(({ key, value: item }) => ({
      key: decode(key, column),
      value: decode(item, column),
    }))
  }
  // TIME, UUID, INTERVAL and the rest: their texts are exact.
  return String(value)
}

/** A value without loss for people: numbers, texts and lists of them as they are, all else as the engine prints it. */
export function losslessValue(value: DuckDBValue): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof DuckDBBlobValue) return new Uint8Array(value.bytes)
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue)
    return value.items.map(losslessValue)
  if (!(value instanceof DuckDBStructValue)) return String(value)
  return Object.fromEntries(Object.entries(value.entries).map(([name, item]) => [name, losslessValue(item)]))
}

function decodeStruct({ entries }: DuckDBStructValue, column: ColumnOut): Record<string, unknown> {
  const plain: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(entries)) {
    const field = decode(value, { ...column, subject: `${column.subject}, field '${name}'` })
    Object.defineProperty(plain, name, { value: field, enumerable: true, configurable: true, writable: true })
  }
  return plain
}

function decodeBigint(value: bigint, column: ColumnOut): bigint | number {
  if (column.readAs !== 'number') return value
  const number = Number(value)
  if (Number.isSafeInteger(number)) return number
  throw lossy(
    column,
    `${value} is more than a number holds without loss`,
    'leave out .asNumber() to read it as a bigint',
  )
}

function decodeDecimal(value: DuckDBDecimalValue, column: ColumnOut): string | number {
  const text = decimalText(value.value, value.scale)
  if (column.readAs !== 'number') return text
  if (Number.isSafeInteger(Number(value.value))) return Number(text)
  throw lossy(
    column,
    `${text} is more than a number holds without loss`,
    'leave out .asNumber() to read it as a string',
  )
}

const safe = Number.MAX_SAFE_INTEGER
/** What a Date holds, in microseconds before and after 1970. */
const dateMicros = 8.64e18

function decodeMicros(micros: bigint, column: ColumnOut): Date | bigint {
  if (column.readAs === 'micros') return micros
  // Up to the year 2255 a double holds microseconds exactly, and is much faster than a bigint.
  const number = Number(micros)
  const fast = number <= safe && number >= -safe
  if (fast ? number % 1000 === 0 : micros % 1000n === 0n) {
    if (fast) return new Date(number / 1000)
    if (Math.abs(number) <= dateMicros) return new Date(Number(micros / 1000n))
  }
  const outside = Math.abs(number) > dateMicros
  const what = outside
    ? 'a time is outside of what a Date holds'
    : 'a time has microseconds, and a Date has milliseconds'
  throw lossy(column, what, column.exactTime ?? 'read it as microseconds: .micros()')
}

function decodeDate({ days }: DuckDBDateValue, column: ColumnOut): Date {
  const date = new Date(days * dayMs)
  if (Number.isNaN(date.getTime()))
    throw lossy(column, 'a day is outside of what a Date holds', 'filter it out')
  return date
}

function lossy({ subject }: ColumnOut, what: string, hint: string): ProblemError {
  return new ProblemError({ code: 'contract/lossy', message: `${subject}: ${what}`, hint })
}
