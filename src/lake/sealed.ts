import { createHash } from 'node:crypto'
import { isObject, type Shape } from '../base/form.ts'
import { parsedJson } from '../base/parsed-json.ts'
import type { Problem } from '../base/problem.ts'
import { ProblemError } from '../base/problem.ts'
import type { Storage } from '../storage/storage.ts'

/**
 * Sealed JSON: an object whose last property, `checksum`, is the SHA-256 of the same text without it. It is
 * checked over bytes, so a flipped bit anywhere is noticed, and costs a tenth of a canonical form. Any JSON
 * reader can read it.
 */
const checksumPattern = /^,"checksum":"([0-9a-f]{64})"\}\n$/
const tailLength = `,"checksum":"${'0'.repeat(64)}"}\n`.length

/** The bytes of an object with its checksum. The object has at least one property and none named `checksum`. */
export function seal(value: object): Uint8Array {
  const text = JSON.stringify(value)
  return Buffer.from(`${text.slice(0, -1)},"checksum":"${checksumOf(text)}"}\n`)
}

/** The checksum that an object gets, or got, when it is sealed; parsing keeps the order of keys. */
export function sealOf(value: object): string {
  return checksumOf(JSON.stringify(value))
}

function checksumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The object in sealed bytes, or why it cannot be trusted, in words that follow "is damaged: ". */
export function unseal(bytes: Uint8Array): Opened {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const split = buffer.length - tailLength
  if (split < 1) return { fault: buffer.length === 0 ? 'it is empty' : 'it is cut short' }
  const checksum = checksumPattern.exec(buffer.toString('latin1', split))?.[1]
  if (checksum === undefined) return { fault: 'it does not end in its checksum' }
  const body = buffer.subarray(0, split)
  const actual = createHash('sha256').update(body).update('}').digest('hex')
  if (actual !== checksum) return { fault: 'its content does not have its checksum' }
  // A checksum that is right says who wrote the text, not that it is JSON.
  const value = parsedJson(`${body.toString('utf8')}}`)
  return isObject(value) ? { value } : { fault: 'it is not a JSON object' }
}

/** What sealed bytes hold, or why they cannot be trusted. */
export type Opened = { readonly value: Shape } | { readonly fault: string }

/** How often an object that looks damaged is read at most. */
const reads = 4

/**
 * Reads sealed bytes; undefined where there is no object. A remote store can cut a reply short: what looks damaged
 * is read again, until it is whole or looks the same twice, which is damage that lies there.
 */
export async function readSealed(
  storage: Storage,
  key: string,
): Promise<{ readonly bytes: Uint8Array; readonly opened: Opened } | undefined> {
  let before: Uint8Array | undefined
  for (let read = 1; ; read++) {
    const bytes = await storage.get(key)
    if (bytes === undefined) return undefined
    const opened = unseal(bytes)
    const same = before !== undefined && Buffer.compare(before, bytes) === 0
    if ('value' in opened || same || read === reads) return { bytes, opened }
    before = bytes
  }
}

/** The error for an object of the lake that is not what it was when it was written. */
export function corrupt(key: string, fault: string, hint?: string): ProblemError {
  return new ProblemError(corruptProblem(key, fault, hint))
}

/** The Problem for an object of the lake that is not what it was when it was written. */
export function corruptProblem(key: string, fault: string, hint?: string): Problem {
  return { code: 'storage/corrupt', message: `'${key}' is damaged: ${fault}`, hint }
}

/** Refuses an object of a format that is newer than this version of Sluice reads. */
export function checkFormat(key: string, value: Shape): void {
  if (value['format'] === 1) return
  const found = JSON.stringify(value['format']) ?? 'none'
  const message = `'${key}' has format ${found}; this version of Sluice reads format 1`
  throw new ProblemError({ code: 'storage/format', message, hint: 'update Sluice to read this lake' })
}
