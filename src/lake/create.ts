import { readSealed } from './sealed.ts'
import type { Opened } from './sealed.ts'
import { pauseAfter, tries } from '../storage/again.ts'
import type { Pause } from '../storage/again.ts'
import type { Storage } from '../storage/storage.ts'

/** What stands under a key after it was to be created: our bytes, or what others put there before. */
export type Created = { readonly ours: true } | { readonly ours: false; readonly opened: Opened }

/**
 * Creates a sealed object that must not be replaced, and finds out what became of it. After an error, and after a
 * refusal (which a client's own retry can cause), it is read back: our bytes mean that it is ours. They are
 * nobody else's, because they hold an id, or because whoever writes them writes the same. Throws what the storage
 * said when it fails for good; then it is not known whether the object is there, or will be.
 */
export async function createOnce(
  storage: Storage,
  key: string,
  bytes: Uint8Array,
  pause: Pause,
): Promise<Created> {
  for (let tried = 1; ; tried++) {
    let failure: unknown = new Error('the store says that the object exists, but has none')
    try {
      if (await storage.putIfAbsent(key, bytes)) return { ours: true }
    } catch (error) {
      failure = error
    }
    try {
      const found = await readSealed(storage, key)
      if (found && Buffer.compare(found.bytes, bytes) === 0) return { ours: true }
      if (found) return { ours: false, opened: found.opened }
    } catch (error) {
      failure = error
    }
    if (tried === tries) throw failure
    await pause(pauseAfter(tried))
  }
}
