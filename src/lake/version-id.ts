import { randomBytes } from 'node:crypto'

/** Crockford's base 32 in lower case: no i, l, o, u, so it survives being read aloud and file systems without case. */
const digits = '0123456789abcdefghjkmnpqrstvwxyz'
const timeDigits = 10
const randomDigits = 16

/**
 * A new id for a table version, commit or run: 26 characters, unique without coordination and in the order of
 * time. It is a ULID (https://github.com/ulid/spec) in lower case: 48 bits of milliseconds, then 80 random bits.
 */
export function newVersionId(
  now: number = Date.now(),
  random: (count: number) => Uint8Array = randomBytes,
): string {
  const tail = Array.from(random(randomDigits), (byte) => digits.charAt(byte & 31)).join('')
  return timePrefix(now) + tail
}

/** The first ten characters of every id that is made at a time: ids from then on are not less than it. */
export function timePrefix(ms: number): string {
  let text = ''
  for (let rest = Math.max(0, Math.floor(ms)), i = 0; i < timeDigits; i++, rest = Math.floor(rest / 32)) {
    text = digits.charAt(rest % 32) + text
  }
  return text
}

/** Whether a text is such an id. */
export function isVersionId(text: string): boolean {
  return /^[0-7][0-9abcdefghjkmnpqrstvwxyz]{25}$/.test(text)
}

/** When an id was made. */
export function timeOfVersion(id: string): Date {
  const time = id.slice(0, timeDigits)
  return new Date(Array.from(time).reduce((ms, digit) => ms * 32 + digits.indexOf(digit), 0))
}
