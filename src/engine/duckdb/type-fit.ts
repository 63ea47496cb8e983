import { typeText, type SqlType } from './types.ts'

/**
 * Which conversions need no word from the user. `checked`: a CAST that fails loudly when a value does not fit,
 * and never rounds. `lossless`: every value fits.
 */
export type Fit = 'checked' | 'lossless'

/** Bits and sign of whole numbers. */
const whole: Readonly<Record<string, { readonly bits: number; readonly signed: boolean } | undefined>> = {
  TINYINT: { bits: 8, signed: true },
  SMALLINT: { bits: 16, signed: true },
  INTEGER: { bits: 32, signed: true },
  BIGINT: { bits: 64, signed: true },
  HUGEINT: { bits: 128, signed: true },
  UTINYINT: { bits: 8, signed: false },
  USMALLINT: { bits: 16, signed: false },
  UINTEGER: { bits: 32, signed: false },
  UBIGINT: { bits: 64, signed: false },
  UHUGEINT: { bits: 128, signed: false },
}

/** Pairs beside those of numbers: the first becomes the second without loss. */
const widened = new Set([
  'FLOAT>DOUBLE',
  'DATE>TIMESTAMP',
  'TIMESTAMP_S>TIMESTAMP',
  'TIMESTAMP_MS>TIMESTAMP',
  'TINYINT>FLOAT',
  'SMALLINT>FLOAT',
])

/** Whether a value of one type may stand where another is declared. */
export function fits(from: SqlType, to: SqlType, fit: Fit): boolean {
  if (from.kind === 'plain' && from.name === 'NULL') return true
  if (from.kind === 'array' && to.kind === 'list') return fits(from.item, to.item, fit)
  if (from.kind === 'list' && to.kind === 'list') return fits(from.item, to.item, fit)
  if (from.kind === 'map' && to.kind === 'map') {
    return fits(from.key, to.key, fit) && fits(from.value, to.value, fit)
  }
  if (from.kind === 'struct' && to.kind === 'struct') return fieldsFit(from, to, fit)
  if (from.kind === 'enum') return to.kind === 'plain' && to.name === 'VARCHAR'
  return typeText(from) === typeText(to) || numbersFit(from, to, fit)
}

type Struct = Extract<SqlType, { kind: 'struct' }>

function fieldsFit(from: Struct, to: Struct, fit: Fit): boolean {
  if (from.fields.length !== to.fields.length) return false
  return to.fields.every((field, at) => {
    const source = from.fields[at]
    return source?.name === field.name && fits(source.type, field.type, fit)
  })
}

function numbersFit(from: SqlType, to: SqlType, fit: Fit): boolean {
  if (from.kind === 'decimal' && to.kind === 'decimal') {
    const digits = to.width - to.scale >= from.width - from.scale
    return to.scale >= from.scale && (fit === 'checked' || digits)
  }
  const number = from.kind === 'plain' ? whole[from.name] : undefined
  if (from.kind !== 'plain' || (!number && to.kind !== 'plain')) return false
  if (to.kind === 'decimal')
    return number !== undefined && (fit === 'checked' || to.width - to.scale >= digitsOf(number.bits))
  if (to.kind !== 'plain') return false
  if (widened.has(`${from.name}>${to.name}`)) return true
  if (!number) return false
  if (to.name === 'DOUBLE') return number.bits <= 32
  const target = whole[to.name]
  if (!target) return false
  if (fit === 'checked') return true
  return number.signed
    ? target.signed && target.bits >= number.bits
    : target.bits >= number.bits + Number(target.signed)
}

/** Decimal digits of the largest whole number of so many bits. */
function digitsOf(bits: number): number {
  return String(2n ** BigInt(bits)).length
}
