import { openPlans, readPlan } from './gc-plan.ts'
import { keysOfHead } from './head-files.ts'
import type { Changes, EnvState } from './types.ts'
import type { Storage } from '../storage/storage.ts'

/**
 * Whether heads that a commit is about to set have been, or may be, deleted by a cleaning. A cleaning commits to
 * every environment after it has written its plan and before it looks at what is needed (a fence). So a commit
 * that was made on a state from before is either seen by the cleaning, or loses the race against the fence and
 * looks here.
 */
export async function mayBeDeleted(storage: Storage, changes: Changes): Promise<boolean> {
  const heads = Object.values(changes.heads).filter((head) => head !== null)
  const keys = (await Promise.all(heads.map((head) => keysOfHead(storage, head)))).flat()
  if (keys.length === 0) return false
  // Plans first: one that is gone by now has deleted what it had to, which the second look sees.
  for (const id of await openPlans(storage)) {
    const planned = new Set((await readPlan(storage, id))?.keys)
    if (keys.some((key) => planned.has(key))) return true
  }
  for (let at = 0; at < keys.length; at += atOnce) {
    const stats = await Promise.all(keys.slice(at, at + atOnce).map((key) => storage.stat(key)))
    if (stats.includes(undefined)) return true
  }
  return false
}

/** So many objects are looked at together. */
const atOnce = 100

/** Whether a cleaning began between two states. */
export function crossedFence(before: EnvState, after: EnvState): boolean {
  return before.fence !== after.fence
}
