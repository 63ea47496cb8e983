import { parseType, typeText } from './types.ts'
import type { SqlType } from './types.ts'

const integers = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT']
/** Digits that each integer type needs as a DECIMAL. */
const digits = [3, 5, 10, 19, 39]
const times = ['DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE']
const widest = 38

/**
 * The type in which values of two types are compared. Numbers meet in the narrowest type that holds both
 * without loss, times in the more exact one, a DECIMAL and a DOUBLE as DOUBLE because one side is a DOUBLE
 * already. All that have nothing in common meet as text: `12` and `'12'` are then equal.
 */
export function commonType(before: string, after: string): string {
  const [a, b] = [parseType(before), parseType(after)]
  if (typeText(a) === typeText(b)) return typeText(a)
  return numberType(a, b) ?? widerOf(times, a, b) ?? 'VARCHAR'
}

/** Whether a tolerance has a meaning for values of a type. */
export function isFloat(type: string): boolean {
  return type === 'FLOAT' || type === 'DOUBLE'
}

function numberType(a: SqlType, b: SqlType): string | undefined {
  const whole = widerOf(integers, a, b)
  if (whole !== undefined) return whole
  if (!isNumber(a) || !isNumber(b)) return undefined
  if (floats(a) || floats(b)) return 'DOUBLE'
  const [one, two] = [decimalOf(a), decimalOf(b)]
  const scale = Math.max(one.scale, two.scale)
  const width = Math.max(one.width - one.scale, two.width - two.scale) + scale
  return width <= widest ? `DECIMAL(${width},${scale})` : undefined
}

function floats(type: SqlType): boolean {
  return type.kind === 'plain' && isFloat(type.name)
}

function isNumber(type: SqlType): boolean {
  return type.kind === 'decimal' || floats(type) || (type.kind === 'plain' && integers.includes(type.name))
}

function decimalOf(type: SqlType): { width: number; scale: number } {
  if (type.kind === 'decimal') return type
  return { width: digits[type.kind === 'plain' ? integers.indexOf(type.name) : -1] ?? widest + 1, scale: 0 }
}

/** The later of two types in a list, or undefined when it does not have both. */
function widerOf(order: readonly string[], a: SqlType, b: SqlType): string | undefined {
  if (a.kind !== 'plain' || b.kind !== 'plain') return undefined
  const places = [order.indexOf(a.name), order.indexOf(b.name)]
  return places.includes(-1) ? undefined : order[Math.max(...places)]
}
