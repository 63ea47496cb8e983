import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { InternalError } from './problem.ts'

/** SHA-256 (FIPS 180-4) of text or bytes, 64 hexadecimal digits. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/**
 * The digest of a JSON value: SHA-256 of its canonical form (RFC 8785), so that the order of keys does not
 * matter. Throws an InternalError for what JSON cannot hold; encode such values with `toWire` first.
 */
export function digestOf(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new InternalError('a value without a canonical JSON form was to be digested')
  return sha256(text)
}

/**
 * The same as `digestOf` in a tenth of the time, for values whose objects hold their keys in order (UTF-16 code
 * units, none like an index) and nothing undefined: then JSON is its own canonical form. For the digests that
 * every run makes of every step.
 */
export function digestOfOrdered(value: unknown): string {
  return sha256(JSON.stringify(value))
}
