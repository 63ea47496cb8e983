import { layout } from '../storage/layout.ts'
import type { Storage } from '../storage/storage.ts'

/**
 * Moves an object to where nothing reads it, so that what is damaged can be looked at later. It is copied first:
 * whoever stops in between leaves it in both places. False when it is not there.
 */
export async function quarantine(storage: Storage, id: string, key: string): Promise<boolean> {
  const bytes = await storage.get(key)
  if (bytes === undefined) return false
  await storage.put(layout.quarantine(id, key), bytes)
  await storage.delete([key])
  return true
}
