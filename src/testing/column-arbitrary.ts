import type { Arbitrary } from 'fast-check'
import type { DeclaredColumn } from '../contract/spec.ts'
import { decimalParser, decimalText } from '../engine/duckdb/scalars.ts'
import { parseType, type SqlType } from '../engine/duckdb/types.ts'
import type { Bounds } from './bounds.ts'
import type { FastCheck } from './fast-check.ts'
import { valueOfText } from './text-value.ts'

const dayMs = 86_400_000
const wholes: Readonly<Record<string, number | undefined>> = { TINYINT: 8, SMALLINT: 16, INTEGER: 32 }

/**
 * Values of a column, simple ones and edges: the least and greatest, all digits of a decimal, the empty text and
 * characters beyond the first plane, leap days, NaN and infinities, NULL. Undefined when the bounds do not fit the type.
 */
export function columnArbitrary(
  fc: FastCheck,
  column: DeclaredColumn,
  bounds: Bounds,
  nullable: boolean,
): Arbitrary<unknown> {
  const values = bounds.values?.flatMap((text) => {
    const read = valueOfText(column, column.type === 'BOOLEAN' ? text === 'true' : text)
    return 'value' in read ? [read.value] : []
  })
  const base =
    values && values.length > 0 ? fc.constantFrom(...values) : ofType(fc, parseType(column.type), bounds)
  const read = base.map((value) => asRead(column, value))
  return nullable ? fc.option(read, { nil: null, freq: 4 }) : read
}

function ofType(fc: FastCheck, type: SqlType, bounds: Bounds): Arbitrary<unknown> {
  switch (type.kind) {
    case 'decimal':
      return decimal(fc, type.width, type.scale, bounds)
    case 'list':
      return fc.array(fc.option(ofType(fc, type.item, {}), { nil: null, freq: 6 }), { maxLength: 4 })
    case 'struct': {
      const fields = type.fields.map((field) => [
        field.name,
        fc.option(ofType(fc, field.type, {}), { nil: null, freq: 6 }),
      ])
      return fc.record(Object.fromEntries(fields) as Record<string, Arbitrary<unknown>>)
    }
    case 'plain':
      return plain(fc, type.name, bounds)
    default:
      return fc.constant(null)
  }
}

function plain(fc: FastCheck, name: string, bounds: Bounds): Arbitrary<unknown> {
  const bits = wholes[name]
  if (bits !== undefined)
    return fc.integer(within(bounds, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1, Number, 1))
  if (name === 'BIGINT') return fc.bigInt(within(bounds, -(2n ** 63n), 2n ** 63n - 1n, BigInt, 1n))
  if (name === 'DATE') {
    const range = within(bounds, Date.UTC(1900, 0, 1), Date.UTC(2100, 11, 31), moment, dayMs)
    const days = { min: Math.ceil(range.min / dayMs), max: Math.floor(range.max / dayMs) }
    return fc
      .oneof({ weight: 4, arbitrary: fc.integer(days) }, leapDays(fc, days))
      .map((day) => new Date(day * dayMs))
  }
  if (name.startsWith('TIMESTAMP')) {
    const range = within(bounds, Date.UTC(1900, 0, 1), Date.UTC(2100, 0, 1), moment, 1)
    return fc.integer(range).map((ms) => new Date(ms))
  }
  if (name === 'DOUBLE' || name === 'FLOAT') return numbers(fc, name, bounds)
  return (simple[name] ?? ((of: FastCheck) => of.constant(null)))(fc)
}

const simple: Readonly<Record<string, ((fc: FastCheck) => Arbitrary<unknown>) | undefined>> = {
  BOOLEAN: (fc) => fc.boolean(),
  VARCHAR: (fc) => texts(fc),
  JSON: (fc) => fc.json({ maxDepth: 2 }),
  BLOB: (fc) => fc.uint8Array({ maxLength: 8 }),
  UUID: (fc) => fc.uuid(),
  TIME: (fc) => fc.integer({ min: 0, max: 86_399_999 }).map((ms) => new Date(ms).toISOString().slice(11, 23)),
}

function texts(fc: FastCheck): Arbitrary<string> {
  return fc.oneof(
    fc.string({ maxLength: 10 }),
    fc.string({ maxLength: 6, unit: 'grapheme' }),
    fc.constantFrom('', ' ', "O'Brien", 'NULL', 'Zoë', '𝒳'),
  )
}

const mostFloat = 2 ** 128 - 2 ** 104

function numbers(fc: FastCheck, name: string, { min, max }: Bounds): Arbitrary<number> {
  const float = name === 'FLOAT'
  const bound = (text: string) =>
    float ? Math.max(-mostFloat, Math.min(mostFloat, Math.fround(Number(text)))) : Number(text)
  const range = {
    noNaN: true,
    noDefaultInfinity: true,
    ...(min && { min: bound(min.text), minExcluded: min.open }),
    ...(max && { max: bound(max.text), maxExcluded: max.open }),
  }
  const finite = float ? fc.float(range) : fc.double(range)
  // DuckDB orders NaN behind all numbers, so that it keeps a lower bound and no upper one.
  const beyond = [...(min ? [] : [-Infinity]), ...(max ? [] : [Infinity, NaN])]
  if (beyond.length === 0) return finite
  return fc.oneof({ weight: 9, arbitrary: finite }, { weight: 1, arbitrary: fc.constantFrom(...beyond) })
}

function decimal(fc: FastCheck, width: number, scale: number, bounds: Bounds): Arbitrary<string> {
  const most = 10n ** BigInt(width) - 1n
  const parse = decimalParser(38, scale)
  const range = within(bounds, -most, most, (text) => parse(text) ?? 0n, 1n)
  return fc.bigInt(range).map((scaled) => decimalText(scaled, scale))
}

/** Leap days are where calendars go wrong. */
function leapDays(fc: FastCheck, { min, max }: { min: number; max: number }): Arbitrary<number> {
  const days = ['2000-02-29', '2020-02-29', '1999-12-31', '1970-01-01'].map(
    (text) => Date.parse(text) / dayMs,
  )
  const inside = days.filter((day) => day >= min && day <= max)
  return inside.length > 0 ? fc.constantFrom(...inside) : fc.constant(min)
}

function moment(text: string): number {
  return Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : `${text.replace(' ', 'T')}Z`)
}

/** The range of a type, narrowed by bounds; an open bound is one step further in. */
function within<T extends number | bigint>(
  bounds: Bounds,
  least: T,
  most: T,
  read: (text: string) => T,
  step: T,
): { min: T; max: T } {
  const { min, max } = bounds
  const low = min === undefined ? least : plus(read(min.text), min.open ? step : undefined)
  const high = max === undefined ? most : plus(read(max.text), max.open ? (-step as T) : undefined)
  return { min: low > least ? low : least, max: high < most ? high : most }
}

function plus<T extends number | bigint>(value: T, step: T | undefined): T {
  if (step === undefined) return value
  const from: number | bigint = value
  const sum = typeof from === 'bigint' ? from + BigInt(step) : from + Number(step)
  return sum as T
}

/** A value as a row of the column holds it. */
function asRead({ readAs }: DeclaredColumn, value: unknown): unknown {
  if (readAs === 'micros' && value instanceof Date) return BigInt(value.getTime()) * 1000n
  if (readAs === 'number' && value !== null) return Number(value)
  return value
}
