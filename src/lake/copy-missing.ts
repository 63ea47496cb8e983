import { compareKeys } from '../storage/keys.ts'
import type { ListedObject, Storage } from '../storage/storage.ts'

/** An object of the source, and its size in the target: undefined where the target has none. */
export interface Compared extends ListedObject {
  readonly there: number | undefined
}

/**
 * The objects of a prefix, each beside the one of the same key in the target. Both are listed once, side by side, in
 * the order of keys, so that memory does not grow with the lake. What is put into the target meanwhile may count as
 * absent.
 */
export async function* compared(from: Storage, to: Storage, prefix: string): AsyncGenerator<Compared> {
  const theirs = to.list(prefix)[Symbol.asyncIterator]()
  try {
    let next = await theirs.next()
    for await (const object of from.list(prefix)) {
      while (next.done !== true && compareKeys(next.value.key, object.key) < 0) next = await theirs.next()
      const same = next.done !== true && next.value.key === object.key
      yield { ...object, there: same ? next.value.size : undefined }
    }
  } finally {
    await theirs.return?.()
  }
}
