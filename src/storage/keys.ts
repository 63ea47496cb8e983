import { randomUUID } from 'node:crypto'
import { InternalError } from '../base/problem.ts'

/** Names of files and folders that are not objects: what is written beside before it gets its own name. */
const privateName = /\.(?:tmp|staging)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** A new name for a file that becomes an object once it is whole. */
export function temporaryName(): string {
  return `.tmp-${randomUUID()}`
}

/** A new name for a folder whose files appear under `path` when it is published. */
export function stagingName(path: string): string {
  return `${path}.staging-${randomUUID()}`
}

/** Whether a name of a file or folder is one of the two above: such things are never objects. */
export function isPrivate(name: string): boolean {
  return privateName.test(name)
}

/** Throws an InternalError for a key that could leave the root or that not every store can hold. */
export function checkKey(key: string): void {
  const fault = keyFault(key)
  if (fault !== undefined) throw new InternalError(`the storage key ${JSON.stringify(key)} ${fault}`)
}

/** Throws an InternalError for a prefix that is not a folder with `/` at its end. */
export function checkPrefix(prefix: string): void {
  if (!prefix.endsWith('/'))
    throw new InternalError(`the storage prefix ${JSON.stringify(prefix)} does not end in /`)
  checkKey(prefix.slice(0, -1))
}

function keyFault(key: string): string | undefined {
  if (key.includes('\0')) return 'holds a NUL character'
  if (key.includes('\\')) return 'holds a backslash'
  if (key.startsWith('/') || /^[A-Za-z]:/.test(key)) return 'is an absolute path'
  // Half a surrogate pair has no UTF-8 form: two such keys would be one file.
  if (/\p{Surrogate}/u.test(key)) return 'is not well-formed Unicode'
  const segments = key.split('/')
  if (segments.includes('')) return 'has an empty segment'
  if (segments.includes('.') || segments.includes('..')) return 'has a segment . or ..'
  if (segments.some(isPrivate)) return 'looks like a temporary name'
  return undefined
}

/** Orders keys by their bytes in UTF-8, as S3, Azure and Google Cloud list them. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i))
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Code units in the order of UTF-8: surrogates stand for characters above all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
