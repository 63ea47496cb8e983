import { InternalError } from '../base/problem.ts'
import type { Json } from '../base/wire.ts'
import { isObject, type Shape } from '../base/form.ts'
import { checkFormat, readSealed, seal } from './sealed.ts'
import type { ComputedBy } from './types.ts'
import { layout } from '../storage/layout.ts'
import { PassingFault } from '../storage/fault.ts'
import type { Storage } from '../storage/storage.ts'

/** `steps/<fingerprint>.json`: what a computation gave, so that any environment and any machine can reuse it. */
export interface StepCacheEntry {
  readonly format: 1
  readonly fingerprint: string
  readonly outputs: { readonly [table: string]: CachedVersion }
  /** When the rows were computed, ISO 8601; it does not move when they are reused. */
  readonly computedAt: string
  /** What the notebook returned, encoded by `toWire`. */
  readonly result?: Json
  /** Who computed it. */
  readonly by?: ComputedBy
}

/** A version that a computation gave. */
export interface CachedVersion {
  readonly manifest: string
  readonly version: string
  /** The checksum of the manifest: another one under its key is noticed, also when it is sealed. */
  readonly checksum?: string
}

/** What the cache holds for a fingerprint. A damaged entry counts as absent, and is told. */
export interface StepCacheHit {
  readonly entry?: StepCacheEntry
  readonly damaged: boolean
}

export interface StepCache {
  get(fingerprint: string): Promise<StepCacheHit>
  /**
   * Keeps an entry unless there is a good one: true when it was written. `replace` overwrites a good one too,
   * for when its versions are gone.
   */
  put(entry: StepCacheEntry, options?: { readonly replace?: boolean }): Promise<boolean>
}

/** The shared cache of steps in a storage. */
export function stepCacheIn(storage: Storage): StepCache {
  async function get(fingerprint: string): Promise<StepCacheHit> {
    const key = keyOf(fingerprint)
    const opened = (await readSealed(storage, key))?.opened
    if (opened === undefined) return { damaged: false }
    if ('fault' in opened) return { damaged: true }
    const { value } = opened
    checkFormat(key, value)
    const good = isEntry(value) && value.fingerprint === fingerprint
    return good ? { entry: value, damaged: false } : { damaged: true }
  }
  /** What is to be replaced anyway is put when it is not known whether it was created. */
  async function created(key: string, bytes: Uint8Array, replace: boolean): Promise<boolean> {
    try {
      return await storage.putIfAbsent(key, bytes)
    } catch (error) {
      if (replace && error instanceof PassingFault) return false
      throw error
    }
  }
  return {
    get,
    async put(entry, options = {}) {
      const key = keyOf(entry.fingerprint)
      const bytes = seal(entry)
      if (await created(key, bytes, options.replace ?? false)) return true
      if (!options.replace && !(await get(entry.fingerprint)).damaged) return false
      await storage.put(key, bytes)
      return true
    },
  }
}

function keyOf(fingerprint: string): string {
  if (!/^[0-9a-f]{16,128}$/.test(fingerprint))
    throw new InternalError(`'${fingerprint}' is not a fingerprint`)
  return layout.step(fingerprint)
}

function isEntry(value: Shape): value is Shape & StepCacheEntry {
  const { outputs, fingerprint, computedAt, by } = value
  if (!isObject(outputs) || typeof fingerprint !== 'string' || typeof computedAt !== 'string') return false
  const told = isObject(by) && typeof by['run'] === 'string' && typeof by['env'] === 'string'
  if (by !== undefined && !(told && isNumberOrNone(by['commit']))) return false
  return Object.values(outputs).every(
    (output) =>
      isObject(output) && typeof output['manifest'] === 'string' && typeof output['version'] === 'string',
  )
}

function isNumberOrNone(value: unknown): boolean {
  return value === undefined || typeof value === 'number'
}
