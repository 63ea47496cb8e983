import { newVersionId } from '../../src/lake/version-id.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { randomFrom } from '../storage/chance.ts'
import { wrapped } from './rig.ts'

/**
 * Actors over one storage in memory, of whom one at a time makes one step: a call to the storage. Which one is
 * drawn from a seed, so that a seed gives the same story again. Time is the number of steps.
 */
export class Interleaving {
  readonly storage: Storage
  readonly random: () => number
  readonly now = (): number => this.#steps
  readonly newId = (at: number): string =>
    newVersionId(at, (count) => Uint8Array.from({ length: count }, () => this.random() * 256))
  readonly #inner: Storage
  #steps = 1
  #waiting: { readonly actor: string; readonly go: () => void }[] = []
  /** How often each actor is drawn: some are slow, as if their process was stopped. */
  readonly #pace = new Map<string, number>()

  constructor(seed: number) {
    this.random = randomFrom(seed)
    this.#inner = memoryStorage(this.now)
    this.storage = this.#inner
  }

  /** The storage as an actor sees it. */
  storageOf(actor: string): Storage {
    const turn = (): Promise<void> =>
      new Promise((go) => {
        this.#waiting.push({ actor, go })
      })
    const inner = this.#inner
    const stepped =
      <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        await turn()
        return call(...args)
      }
    return wrapped(inner, {
      get: stepped((key) => inner.get(key)),
      stat: stepped((key) => inner.stat(key)),
      putIfAbsent: stepped((key, bytes) => inner.putIfAbsent(key, bytes)),
      // Hints come by a timer, and may be lost: here they always are.
      put: (key, bytes) =>
        key.endsWith('hint.json') ? Promise.resolve() : stepped(inner.put.bind(inner))(key, bytes),
      delete: async (keys) => {
        for (const key of keys) {
          await turn()
          await inner.delete([key])
        }
      },
      async *list(prefix, options) {
        let left = 0
        for await (const object of inner.list(prefix, options)) {
          // A page of a listing is of one moment.
          if (left-- === 0) {
            await turn()
            left = 2
          }
          yield object
        }
      },
    })
  }

  /** Runs actors to their end; `each` looks at the storage after every step. */
  async run(
    actors: { readonly [name: string]: () => Promise<void> },
    each: () => void = () => undefined,
  ): Promise<void> {
    let failure: { readonly error: unknown } | undefined
    let alive = 0
    for (const [name, work] of Object.entries(actors)) {
      alive++
      this.#pace.set(name, this.random() < 0.3 ? 0.05 : 1)
      void work()
        .catch((error: unknown) => (failure ??= { error }))
        .finally(() => alive--)
    }
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      if (failure !== undefined) throw failure.error
      each()
      if (alive === 0) return
      const next = this.#draw()
      if (next === undefined) continue
      this.#steps++
      next.go()
    }
  }

  #draw(): { readonly go: () => void } | undefined {
    const weights = this.#waiting.map(({ actor }) => this.#pace.get(actor) ?? 1)
    let left = this.random() * weights.reduce((sum, weight) => sum + weight, 0)
    const at = weights.findIndex((weight) => (left -= weight) <= 0)
    return at < 0 ? this.#waiting.shift() : this.#waiting.splice(at, 1)[0]
  }
}
