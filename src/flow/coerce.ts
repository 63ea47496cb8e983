import { isObject } from '../base/form.ts'
import { parsedJson } from '../base/parsed-json.ts'
import type { Json } from '../base/wire.ts'

/** The parts of a JSON Schema that say what a text means. */
interface Typed {
  readonly type?: string | readonly string[]
  readonly wire?: string
  readonly enum?: readonly Json[]
  readonly const?: Json
  readonly anyOf?: readonly Json[]
  readonly oneOf?: readonly Json[]
}

export type Coerced = { readonly value: unknown } | { readonly expected: string }

/** From the narrowest to the widest: a union takes the first that the text fits. */
const order = ['const', 'null', 'boolean', 'bigint', 'integer', 'number', 'date', 'array', 'object', 'string']

const expectations: Readonly<Record<string, string>> = {
  null: 'null',
  boolean: 'true or false',
  bigint: 'a whole number',
  integer: 'a whole number',
  number: 'a number',
  date: 'a day or moment, such as 2024-01-31 or 2024-01-31T12:00:00Z',
  array: 'a list in JSON',
  object: 'an object in JSON',
}

/** A text of the command line as the value that the arg's JSON Schema asks for. Nothing is guessed. */
export function coerceText(text: string, schema: Json): Coerced {
  const kinds = kindsOf(schema)
  if (kinds.size === 0) return { value: text }
  for (const kind of order) {
    const allowed = kinds.get(kind)
    if (allowed === undefined) continue
    if (kind === 'const') {
      const found = allowed.find((value) => jsonText(value) === text)
      if (found !== undefined) return { value: found }
      continue
    }
    const value = readers[kind]?.(text)
    // In a union with text, '1' or 'yes' are no booleans.
    if (kind === 'boolean' && kinds.size > 1 && !/^(true|false)$/i.test(text)) continue
    if (value !== undefined) return { value }
  }
  const wanted = [...kinds].map(([kind, values]) =>
    kind === 'const' ? `one of ${values.map(jsonText).join(', ')}` : (expectations[kind] ?? kind),
  )
  return { expected: wanted.join(' or ') }
}

/** A value of an enum as people type it: a text without quotes. */
function jsonText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const readers: Readonly<Record<string, (text: string) => unknown>> = {
  null: (text) => (text === 'null' ? null : undefined),
  boolean: (text) => booleans.get(text.toLowerCase()),
  bigint: (text) => (/^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined),
  integer: (text) =>
    /^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined,
  number: (text) =>
    /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text))
      ? Number(text)
      : undefined,
  date: readDate,
  array: (text) => readJson(text, Array.isArray),
  object: (text) => readJson(text, isObject),
  string: (text) => text,
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['0', false],
])

/** ISO 8601; a time without a zone is UTC. A day that does not exist is refused. */
function readDate(text: string): Date | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/.exec(text)
  if (match?.[1] === undefined) return undefined
  const day = new Date(`${match[1]}T00:00:00Z`)
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== match[1]) return undefined
  const date = new Date(match[2] === undefined || match[3] !== undefined ? text : `${text}Z`)
  return Number.isNaN(date.getTime()) ? undefined : date
}

function readJson(text: string, fits: (value: unknown) => boolean): unknown {
  const value = parsedJson(text)
  return fits(value) ? value : undefined
}

/** The kinds of value that a schema takes, with the values of an enum; none when it takes anything. */
function kindsOf(schema: Json): Map<string, Json[]> {
  const kinds = new Map<string, Json[]>()
  const typed = (schema ?? {}) as Typed
  if (typed.wire !== undefined) return kinds.set(typed.wire, [])
  const listed = typed.enum ?? (typed.const === undefined ? undefined : [typed.const])
  if (listed) return kinds.set('const', [...listed])
  for (const part of typed.anyOf ?? typed.oneOf ?? []) {
    for (const [kind, values] of kindsOf(part)) kinds.set(kind, [...(kinds.get(kind) ?? []), ...values])
  }
  for (const type of typeof typed.type === 'string' ? [typed.type] : (typed.type ?? [])) kinds.set(type, [])
  return kinds
}
