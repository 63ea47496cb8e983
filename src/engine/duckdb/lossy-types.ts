import type { SqlType } from './types.ts'

/** Bits of whole numbers that can be too wide for the digits of a float. */
const bits: Readonly<Record<string, number | undefined>> = {
  INTEGER: 32,
  UINTEGER: 32,
  BIGINT: 64,
  UBIGINT: 64,
  HUGEINT: 128,
  UHUGEINT: 128,
}

/** Whole numbers up to so many bits, and decimals up to so many digits, survive a float (IEEE 754). */
const floats: Readonly<Record<string, { readonly bits: number; readonly digits: number } | undefined>> = {
  FLOAT: { bits: 24, digits: 6 },
  DOUBLE: { bits: 53, digits: 15 },
}

/** Parts of a second that a timestamp keeps, as digits. */
const seconds: Readonly<Record<string, number | undefined>> = {
  TIMESTAMP_NS: 9,
  TIMESTAMP: 6,
  'TIMESTAMP WITH TIME ZONE': 6,
  TIMESTAMP_MS: 3,
  TIMESTAMP_S: 0,
}

const wholeNumber = /^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/

/**
 * What a cast from one type to another can lose without a word, as a clause; undefined when it loses nothing or
 * fails loudly. A whole number that does not fit raises, and so does a text; a DATE of a TIMESTAMP is what it says.
 */
export function lossOf(from: SqlType, to: SqlType): string | undefined {
  if (from.kind === 'list' && to.kind === 'list') return lossOf(from.item, to.item)
  if (from.kind === 'decimal') return decimalLoss(from, to)
  if (from.kind !== 'plain') return undefined
  const float = floats[from.name]
  if (float) return floatLoss(from.name, to)
  if (to.kind !== 'plain') return undefined
  const wide = floats[to.name]
  if (wide && (bits[from.name] ?? 0) > wide.bits) return 'digits of large values'
  const [had, has] = [seconds[from.name], seconds[to.name]]
  return had !== undefined && has !== undefined && has < had ? 'parts of seconds' : undefined
}

function decimalLoss(from: Extract<SqlType, { kind: 'decimal' }>, to: SqlType): string | undefined {
  if (to.kind === 'decimal') return to.scale < from.scale ? 'decimal places' : undefined
  if (to.kind !== 'plain') return undefined
  if (wholeNumber.test(to.name)) return from.scale > 0 ? 'decimal places' : undefined
  const float = floats[to.name]
  return float && from.width > float.digits ? 'digits of large values' : undefined
}

function floatLoss(from: string, to: SqlType): string | undefined {
  if (to.kind === 'decimal') return 'decimal places'
  if (to.kind !== 'plain') return undefined
  if (wholeNumber.test(to.name)) return 'decimal places'
  return from === 'DOUBLE' && to.name === 'FLOAT' ? 'digits' : undefined
}
