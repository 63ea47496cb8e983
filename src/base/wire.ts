/**
 * Values as plain JSON without loss: bigint, Date and bytes as one-key objects with a `$`-tag.
 * Used for args, results and rows that cross processes or are kept in files.
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** Encodes a value as JSON; returns undefined where it holds something that has no lossless form. */
export function toWire(value: unknown): Json | undefined {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : { $number: String(value) }
  if (typeof value === 'bigint') return { $bigint: String(value) }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : { $date: value.toISOString() }
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
  if (Array.isArray(value)) {
    const list = value.map(toWire)
    return list.includes(undefined) ? undefined : (list as Json[])
  }
  if (typeof value !== 'object') return undefined
  const proto: unknown = Object.getPrototypeOf(value)
  if (proto !== Object.prototype && proto !== null) return undefined
  const out: Record<string, Json> = Object.create(null) as Record<string, Json>
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue
    const wired = toWire(item)
    if (wired === undefined) return undefined
    out[key.startsWith('$') ? `$${key}` : key] = wired
  }
  return { ...out }
}

/** The inverse of `toWire`. */
export function fromWire(value: Json): unknown {
  if (value === null || typeof value !== 'object') return value
  if (isList(value)) return value.map(fromWire)
  const tagged = fromTag(value)
  if (tagged !== undefined) return tagged
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.startsWith('$$') ? key.slice(1) : key, fromWire(item)]),
  )
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function fromTag(value: { readonly [key: string]: Json }): unknown {
  const [key, ...others] = Object.keys(value)
  const text = key === undefined ? undefined : value[key]
  if (others.length > 0 || typeof text !== 'string') return undefined
  if (key === '$bigint') return BigInt(text)
  if (key === '$date') return new Date(text)
  if (key === '$bytes') return new Uint8Array(Buffer.from(text, 'base64'))
  if (key === '$number') return Number(text)
  return undefined
}
