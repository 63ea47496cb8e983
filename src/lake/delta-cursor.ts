import { isObject } from '../base/form.ts'
import { checkFormat, seal, unseal } from './sealed.ts'
import { layout } from '../storage/layout.ts'
import type { Storage } from '../storage/storage.ts'

/**
 * `env/<env>/delta.json`: up to which commit an environment has been exported. All that it says follows from the
 * log, so one that is lost, damaged or of another log only costs a walk over the whole log.
 */
export interface DeltaCursor {
  readonly format: 1
  readonly commit: number
  /** The id of that commit: of a log that was made anew, nothing is exported. */
  readonly id: string
  /** How often each table was removed: each removal is a version in Delta, but no version of ours. */
  readonly drops: { readonly [table: string]: number }
}

export async function readCursor(storage: Storage, env: string): Promise<DeltaCursor | undefined> {
  const key = layout.deltaCursor(env)
  const bytes = await storage.get(key)
  const opened = bytes && unseal(bytes)
  if (opened === undefined || 'fault' in opened) return undefined
  const { value } = opened
  checkFormat(key, value)
  const { commit, id, drops } = value
  if (typeof commit !== 'number' || typeof id !== 'string' || !isObject(drops)) return undefined
  return { format: 1, commit, id, drops: drops as DeltaCursor['drops'] }
}

export async function writeCursor(storage: Storage, env: string, cursor: DeltaCursor): Promise<void> {
  await storage.put(layout.deltaCursor(env), seal(cursor))
}
