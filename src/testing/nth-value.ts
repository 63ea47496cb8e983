import type { ReadAs } from '../contract/column.ts'
import { decimalText } from '../engine/duckdb/scalars.ts'
import { parseType, type SqlType } from '../engine/duckdb/types.ts'

/** The day of the first row: everything that is filled in is the same on every machine. */
const firstDay = Date.UTC(2020, 0, 1)
const minute = 60_000

/** Whole numbers up to which a type counts before it begins again. */
const limits: Readonly<Record<string, number | undefined>> = { TINYINT: 127, SMALLINT: 32_767 }

/**
 * The n-th value of a column, n from 1: as a row holds it, and another for each row for as long as its type has
 * others.
 */
export function nthValue(
  column: { readonly name: string; readonly type: string; readonly readAs?: ReadAs },
  n: number,
): unknown {
  return valueOf(parseType(column.type), column.name, n, column.readAs)
}

function valueOf(type: SqlType, name: string, n: number, readAs?: ReadAs): unknown {
  switch (type.kind) {
    case 'decimal':
      return decimalOf(type.width, type.scale, n, readAs)
    case 'list':
      return [valueOf(type.item, name, n)]
    case 'struct':
      return Object.fromEntries(type.fields.map((field) => [field.name, valueOf(field.type, field.name, n)]))
    case 'plain':
      return plainOf(type.name, name, n, readAs)
    default:
      return null
  }
}

function decimalOf(width: number, scale: number, n: number, readAs?: ReadAs): string | number {
  // Whole numbers where they fit, else the smallest fractions.
  const whole = n < 10 ** (width - scale)
  const text = decimalText(whole ? BigInt(n) * 10n ** BigInt(scale) : BigInt(n), scale)
  return readAs === 'number' ? Number(text) : text
}

function plainOf(type: string, name: string, n: number, readAs?: ReadAs): unknown {
  const limit = limits[type]
  if (limit !== undefined) return ((n - 1) % limit) + 1
  if (type.startsWith('TIMESTAMP')) {
    const ms = firstDay + n * minute
    return readAs === 'micros' ? BigInt(ms) * 1000n : new Date(ms)
  }
  return (plain[type] ?? (() => null))(n, name, readAs)
}

const plain: Readonly<Record<string, ((n: number, name: string, readAs?: ReadAs) => unknown) | undefined>> = {
  BOOLEAN: (n) => n % 2 === 0,
  INTEGER: (n) => n,
  BIGINT: (n, _, readAs) => (readAs === 'number' ? n : BigInt(n)),
  FLOAT: (n) => n,
  DOUBLE: (n) => n,
  VARCHAR: (n, name) => `${name} ${n}`,
  JSON: (n) => `{"n":${n}}`,
  BLOB: (n, name) => new Uint8Array(Buffer.from(`${name} ${n}`)),
  UUID: (n) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`,
  DATE: (n) => new Date(firstDay + (n - 1) * 24 * 60 * minute),
  TIME: (n) => new Date((n % 86_400) * 1000).toISOString().slice(11, 19),
}
