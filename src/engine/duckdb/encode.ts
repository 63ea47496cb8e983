/// <reference lib="es2024.string" />
import { emptyRecord } from '../../base/record.ts'
import {
  blobValue,
  dateValue,
  decimalValue,
  listValue,
  structValue,
  timestampTZValue,
  timestampValue,
  timeValue,
  uuidValue,
  type DuckDBValue,
} from '@duckdb/node-api'
import { parsedJson } from '../../base/parsed-json.ts'
import type { ReadAs } from '../../contract/column.ts'
import { dayMs, decimalParser, parseTime } from './scalars.ts'
import { typeText, type SqlType } from './types.ts'

/** Stands for a value that does not fit, and says what was expected. */
export class Refused {
  readonly expected: string
  constructor(expected: string) {
    this.expected = expected
  }
}

/** Turns a value of a row, which is not null, into one of the engine's, or into why it does not fit. */
export type Encode = (value: unknown) => DuckDBValue | Refused

const whole: Readonly<Record<string, number | undefined>> = {
  TINYINT: 8,
  SMALLINT: 16,
  INTEGER: 32,
  BIGINT: 64,
}

/** The encoder of a type; chosen once for a column. Nothing is rounded, cut or guessed. */
export function encoderOf(type: SqlType, readAs?: ReadAs): Encode {
  switch (type.kind) {
    case 'decimal':
      return decimalEncoder(type.width, type.scale, readAs === 'number')
    case 'list':
      return listEncoder(type.item)
    case 'struct':
      return structEncoder(type.fields.map(({ name, type: field }) => [name, encoderOf(field)]))
    case 'plain':
      return plainEncoder(type.name, readAs)
    default:
      return () => new Refused(`a type that rows can hold, not ${typeText(type)}`)
  }
}

function plainEncoder(name: string, readAs?: ReadAs): Encode {
  const bits = whole[name]
  if (bits !== undefined) return wholeEncoder(bits)
  const encoder = plain[name]
  if (name.startsWith('TIMESTAMP'))
    return timestampEncoder(name === 'TIMESTAMP' ? timestampValue : timestampTZValue, readAs)
  return encoder ?? (() => new Refused(`a type that rows can hold, not ${name}`))
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

const plain: Readonly<Record<string, Encode | undefined>> = {
  BOOLEAN: (value) => (typeof value === 'boolean' ? value : new Refused('a boolean')),
  FLOAT: (value) => (typeof value === 'number' ? value : new Refused('a number')),
  DOUBLE: (value) => (typeof value === 'number' ? value : new Refused('a number')),
  VARCHAR: encodeText,
  JSON: (value) => {
    const text = encodeText(value)
    return text instanceof Refused || isJson(value) ? text : new Refused('a string of JSON')
  },
  BLOB: (value) => (value instanceof Uint8Array ? blobValue(value) : new Refused('a Uint8Array')),
  UUID: (value) => {
    if (typeof value !== 'string' || !uuid.test(value))
      return new Refused('a string like 12345678-1234-1234-1234-123456789abc')
    return uuidValue(BigInt(`0x${value.replaceAll('-', '')}`))
  },
  DATE: (value) => {
    const days = value instanceof Date ? value.getTime() / dayMs : NaN
    return Number.isInteger(days) ? dateValue(days) : new Refused('a Date at midnight UTC')
  },
  TIME: (value) => {
    const micros = typeof value === 'string' ? parseTime(value) : undefined
    return micros === undefined ? new Refused('a string like 12:34:56.123456') : timeValue(micros)
  },
}

function encodeText(value: unknown): string | Refused {
  if (typeof value !== 'string') return new Refused('a string')
  return value.isWellFormed()
    ? value
    : new Refused('a string of whole characters (it holds half of a surrogate pair)')
}

function isJson(value: unknown): boolean {
  return parsedJson(String(value)) !== undefined
}

function wholeEncoder(bits: number): Encode {
  const expected = bits === 64 ? 'a bigint of 64 bits' : `a whole number of ${bits} bits`
  const limit = 2 ** (bits - 1)
  if (bits === 64) {
    return (value) => {
      if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
      return typeof value === 'bigint' && BigInt.asIntN(64, value) === value ? value : new Refused(expected)
    }
  }
  return (value) => {
    const number = typeof value === 'bigint' ? Number(value) : value
    if (typeof number !== 'number' || !Number.isInteger(number)) return new Refused(expected)
    return number >= -limit && number < limit ? number : new Refused(expected)
  }
}

function decimalEncoder(width: number, scale: number, numbers: boolean): Encode {
  const places = `${width - scale} digits before the point and ${scale} behind it`
  const expected = `${numbers ? 'a number' : 'a string'} of at most ${places}`
  const parse = decimalParser(width, scale)
  return (value) => {
    const text = numbers && typeof value === 'number' && Math.abs(value) < 1e21 ? value.toFixed(scale) : value
    const scaled = typeof text === 'string' || typeof text === 'bigint' ? parse(String(text)) : undefined
    return scaled === undefined ? new Refused(expected) : decimalValue(scaled, width, scale)
  }
}

function timestampEncoder(make: (micros: bigint) => DuckDBValue, readAs?: ReadAs): Encode {
  return (value) => {
    if (readAs === 'micros' && typeof value === 'bigint' && BigInt.asIntN(64, value) === value)
      return make(value)
    const ms = value instanceof Date ? value.getTime() : NaN
    if (Number.isNaN(ms))
      return new Refused(readAs === 'micros' ? 'a bigint of microseconds' : 'a valid Date')
    return make(BigInt(ms) * 1000n)
  }
}

function listEncoder(item: SqlType): Encode {
  const encode = nullable(encoderOf(item))
  return (value) => {
    if (!Array.isArray(value)) return new Refused(`a list of ${typeText(item)}`)
    const items: DuckDBValue[] = []
    for (const element of value as unknown[]) {
      const encoded = encode(element)
      if (encoded instanceof Refused) return new Refused(`a list with ${encoded.expected} in each place`)
      items.push(encoded)
    }
    return listValue(items)
  }
}

function structEncoder(fields: readonly (readonly [string, Encode])[]): Encode {
  const names = new Set(fields.map(([name]) => name))
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Refused('an object')
    const row = value as Readonly<Record<string, unknown>>
    const unknown = Object.keys(row).find((key) => !names.has(key))
    if (unknown !== undefined) return new Refused(`an object without '${unknown}'`)
    const entries = emptyRecord<DuckDBValue>()
    for (const [name, encode] of fields) {
      const encoded = nullable(encode)(Object.hasOwn(row, name) ? row[name] : undefined)
      if (encoded instanceof Refused) return new Refused(`an object with ${encoded.expected} as '${name}'`)
      entries[name] = encoded
    }
    return structValue(entries)
  }
}

function nullable(encode: Encode): Encode {
  return (value) => (value === null || value === undefined ? null : encode(value))
}
