import type { DeclaredColumn } from '../contract/spec.ts'
import { decimalText, decimalParser } from '../engine/duckdb/scalars.ts'
import { parseType } from '../engine/duckdb/types.ts'
import { nthValue } from './nth-value.ts'

/**
 * Values of a column that may keep a condition, likely ones first: the value that a row would have anyway, then
 * values at and around what the condition compares with.
 *
 * @param hints literals of the conditions, and values of other columns of the row
 */
export function candidatesOf(column: DeclaredColumn, n: number, hints: readonly unknown[]): unknown[] {
  const type = parseType(column.type)
  const near =
    type.kind === 'decimal'
      ? hints.flatMap((hint) => decimalsNear(hint, type.width, type.scale))
      : type.kind === 'plain'
        ? hints.flatMap((hint) => nearby[kindOf(type.name)]?.(hint) ?? [])
        : []
  const usual = usualOf(column)
  const nothing = column.nullable ? [null] : []
  const all = [...nothing, nthValue(column, n), ...near, ...usual].map((value) => asRead(column, value))
  return [...new Map(all.map((value) => [keyOf(value), value])).values()]
}

function kindOf(name: string): string {
  if (/INT$|INTEGER$/.test(name)) return 'whole'
  if (name === 'FLOAT' || name === 'DOUBLE') return 'number'
  if (name.startsWith('TIMESTAMP')) return 'moment'
  return name
}

/** Values at and around a hint, by the kind of type; none for a hint of another kind. */
const nearby: Readonly<Record<string, ((hint: unknown) => unknown[]) | undefined>> = {
  whole: (hint) => around(hint).map(Math.round),
  number: (hint) => around(hint),
  VARCHAR: (hint) => textsNear(hint),
  JSON: (hint) => (typeof hint === 'string' && /^[[{"]/.test(hint) ? [hint] : []),
  DATE: (hint) => momentsNear(hint, 24 * 3_600_000).map((ms) => new Date(Math.floor(ms / 864e5) * 864e5)),
  moment: (hint) => momentsNear(hint, 3_600_000).map((ms) => new Date(ms)),
  TIME: (hint) => (typeof hint === 'string' && /^\d\d:\d\d:\d\d/.test(hint) ? [hint] : []),
  BOOLEAN: () => [true, false],
}

function around(hint: unknown): number[] {
  const number = typeof hint === 'boolean' || hint === null || hint === '' ? NaN : Number(hint)
  if (hint instanceof Date || !Number.isFinite(number)) return []
  return [number, number + 1, number - 1, number + 0.5, number * 2, -number]
}

/** Decimals at a hint, the smallest step around it, and one around it. */
function decimalsNear(hint: unknown, width: number, scale: number): string[] {
  const parse = decimalParser(width, scale)
  const at =
    typeof hint === 'number' || typeof hint === 'bigint' || typeof hint === 'string' ? String(hint) : ''
  const scaled = parse(at)
  if (scaled === undefined) return []
  const one = 10n ** BigInt(scale)
  return [0n, one, -one, 1n, -1n].flatMap((step) => {
    const text = decimalText(scaled + step, scale)
    return parse(text) === undefined ? [] : [text]
  })
}

function textsNear(hint: unknown): string[] {
  if (typeof hint !== 'string') return []
  const length = Number(hint)
  // A condition on the length of a text compares with a number.
  if (/^\d{1,3}$/.test(hint) && length > 0)
    return [hint, 'a'.repeat(length), 'A'.repeat(length), '1'.repeat(length)]
  return [hint.replaceAll('%', 'a').replaceAll('_', 'a'), hint, `${hint}a`]
}

function momentsNear(hint: unknown, step: number): number[] {
  const date = typeof hint === 'string' && /^\d{4}-\d\d-\d\d/.test(hint)
  const ms =
    hint instanceof Date
      ? hint.getTime()
      : date
        ? Date.parse(hint.replace(' ', 'T').replace(/(T[\d:.]+)$/, '$1Z'))
        : NaN
  return Number.isNaN(ms) ? [] : [ms, ms + step, ms - step]
}

function usualOf(column: DeclaredColumn): unknown[] {
  const type = parseType(column.type)
  if (type.kind === 'decimal') return decimalsNear(0, type.width, type.scale)
  if (type.kind !== 'plain') return []
  if (kindOf(type.name) === 'whole') return [0, 1, -1, 7, 12, 100]
  if (kindOf(type.name) === 'number') return [0, 0.5, 1, -1, 100]
  if (type.name === 'VARCHAR') return ['', 'a', 'A', 'AB', 'ABC', '1', 'a@example.org', 'https://example.org']
  if (type.name === 'BOOLEAN') return [true, false]
  return []
}

/** A value as a row of this column holds it. */
function asRead({ type, readAs }: DeclaredColumn, value: unknown): unknown {
  if (value === null) return null
  if (readAs === 'micros' && value instanceof Date) return BigInt(value.getTime()) * 1000n
  if (readAs === 'number' && typeof value !== 'number') return Number(value)
  if (type === 'BIGINT' && readAs === undefined && typeof value === 'number') return BigInt(value)
  return value
}

function keyOf(value: unknown): string {
  return value instanceof Date ? `at ${value.getTime()}` : `${typeof value} ${String(value)}`
}
