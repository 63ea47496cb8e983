import { again, pauseAfter, tries } from './again.ts'
import type { Pause } from './again.ts'
import { PassingFault } from './fault.ts'
import type { ListedObject, Storage } from './storage.ts'

/**
 * A storage that makes calls again when they failed for a moment (`PassingFault`): all that can be repeated
 * without harm. `putIfAbsent` is not among them, because the second one would be refused by the success of the
 * first (`lake/create.ts` reads back); nor is `publish`, whose folder is new: a step stages again.
 */
export function steadyStorage(inner: Storage, pause: Pause): Storage {
  return {
    kind: inner.kind,
    place: inner.place,
    get: (key) => again(pause, () => inner.get(key)),
    stat: (key) => again(pause, () => inner.stat(key)),
    putIfAbsent: (key, bytes) => inner.putIfAbsent(key, bytes),
    put: (key, bytes) => again(pause, () => inner.put(key, bytes)),
    delete: (keys) => again(pause, () => inner.delete(keys)),
    list: (prefix, options) => listed(inner, pause, prefix, options?.after),
    stage: (prefix) => inner.stage(prefix),
    publish: (staged, prefix, files) => inner.publish(staged, prefix, files),
    discard: (staged) => inner.discard(staged),
    sweep: (before) => again(pause, () => inner.sweep(before)),
    localPath: (...args) => again(pause, () => inner.localPath(...args)),
    pathOf: (key) => inner.pathOf(key),
    close: () => inner.close(),
  }
}

/** A listing that goes on after the last key when it broke off; what counts is failures without a key in between. */
async function* listed(
  inner: Storage,
  pause: Pause,
  prefix: string,
  after: string | undefined,
): AsyncGenerator<ListedObject> {
  for (let tried = 1; ; tried++) {
    try {
      for await (const object of inner.list(prefix, { after })) {
        after = object.key
        tried = 1
        yield object
      }
      return
    } catch (error) {
      if (tried === tries || !(error instanceof PassingFault)) throw error
      await pause(pauseAfter(tried))
    }
  }
}
