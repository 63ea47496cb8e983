import type { DeclaredColumn } from '../contract/spec.ts'
import { parseType } from '../engine/duckdb/types.ts'

/** A value as a row of the column holds it, or what was expected of it. */
export type Read = { readonly value: unknown } | { readonly expected: string }

/** A value of a file that knows texts, numbers and booleans only. Nothing is rounded or guessed. */
export function valueOfText(column: DeclaredColumn, value: unknown): Read {
  const type = parseType(column.type)
  if (type.kind === 'decimal') return decimal(column, value)
  if (type.kind !== 'plain') return { value }
  const text = String(value)
  if (/INT$|INTEGER$/.test(type.name)) return whole(type.name, column, text)
  if (type.name === 'FLOAT' || type.name === 'DOUBLE') return number(text)
  if (type.name === 'DATE') return day(text)
  if (type.name.startsWith('TIMESTAMP')) return moment(column, text)
  if (type.name === 'BOOLEAN') return typeof value === 'boolean' ? { value } : { expected: 'true or false' }
  if (type.name === 'BLOB') return { value: new Uint8Array(Buffer.from(text, 'base64')) }
  // A number that stands without quotes is a text as it is written.
  return { value: typeof value === 'boolean' ? value : text }
}

function decimal({ readAs, type }: DeclaredColumn, value: unknown): Read {
  const text = String(value)
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text)) return { expected: `a number: ${type}` }
  return { value: readAs === 'number' ? Number(text) : text }
}

function whole(type: string, { readAs }: DeclaredColumn, text: string): Read {
  if (!/^[+-]?\d+$/.test(text)) return { expected: `a whole number: ${type}` }
  return { value: type === 'BIGINT' && readAs !== 'number' ? BigInt(text) : Number(text) }
}

const words: Readonly<Record<string, number | undefined>> = {
  '.nan': NaN,
  NaN,
  '.inf': Infinity,
  '-.inf': -Infinity,
}

function number(text: string): Read {
  const value = words[text] ?? Number(text)
  return text.trim() !== '' && (words[text] !== undefined || !Number.isNaN(value))
    ? { value }
    : { expected: 'a number' }
}

function day(text: string): Read {
  const found = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined
  // 2019-02-30 would become March.
  return found && !Number.isNaN(found.getTime()) && found.toISOString().startsWith(text)
    ? { value: found }
    : { expected: 'a day like 2019-01-31' }
}

const time = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?$/

function moment({ readAs }: DeclaredColumn, text: string): Read {
  const match = time.exec(text)
  const expected = { expected: 'a time like 2019-01-31 12:30:00' }
  if (!match || 'expected' in day(match[1] ?? '')) return expected
  const [, date = '', clock = '00:00', seconds = ':00', fraction = '', zone = 'Z'] = match
  const micros = fraction.slice(1).padEnd(6, '0')
  const start = Date.parse(`${date}T${clock}${seconds}${zone}`)
  if (Number.isNaN(start)) return expected
  if (readAs === 'micros') return { value: BigInt(start) * 1000n + BigInt(micros) }
  const exact = micros.endsWith('000')
  return exact
    ? { value: new Date(start + Number(micros) / 1000) }
    : { expected: 'a time of whole milliseconds' }
}
