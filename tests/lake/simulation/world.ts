import { createHash } from 'node:crypto'
import { newVersionId } from '../../../src/lake/version-id.ts'
import type { ListedObject, Storage } from '../../../src/storage/storage.ts'
import { randomFrom } from '../../storage/chance.ts'
import { wrapped } from '../rig.ts'

/** One life of an actor: it ends by itself, or is killed; then nothing that it does has an effect any more. */
export interface Life {
  readonly name: string
  /** How many times slower than others its calls are. */
  readonly slowness: number
  dead: boolean
}

/** How many events a story may have before it counts as one that hangs. */
const limit = 30_000

/**
 * Virtual time in one process. Whatever waits (a call to the storage, a pause, a timer) is an event in a queue; the
 * next one comes when nothing can go on without it. All chance follows from a seed, so a seed gives the same
 * story again, to the last event. After FoundationDB's simulation (Zhou et al., SIGMOD 2021, section 4).
 */
export class World {
  readonly random: () => number
  readonly now = (): number => this.#now
  #now = 1_000_000
  #order = 0
  #events = 0
  #queue: { readonly at: number; readonly order: number; readonly go: () => void }[] = []
  readonly #trace: string[] = []

  constructor(seed: number) {
    this.random = randomFrom(seed)
  }

  /** Ids as the lake makes them, from the chance of this world. */
  readonly newId = (at: number): string =>
    newVersionId(at, (count) => Uint8Array.from({ length: count }, () => this.random() * 256))

  readonly sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      this.#queue.push({ at: this.#now + ms, order: this.#order++, go: resolve })
    })

  readonly later = (ms: number, work: () => unknown): (() => void) => {
    let on = true
    void this.sleep(ms).then(() => (on ? work() : undefined))
    return () => (on = false)
  }

  note(text: string): void {
    this.#trace.push(`${this.#now} ${text}`)
  }

  /** The digest of all that has happened. */
  traceDigest(): string {
    return createHash('sha256').update(this.#trace.join('\n')).digest('hex')
  }

  /** Goes on until work is done, or to the last event; throws when that takes too long. */
  async run(work?: Promise<unknown>): Promise<void> {
    let done = false
    let failure: { readonly error: unknown } | undefined
    work?.then(
      () => (done = true),
      (error: unknown) => (failure = { error }),
    )
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      if (failure) throw failure.error
      if (done) return
      const next = this.#next()
      if (next === undefined) {
        if (work === undefined) return
        throw new Error('it hangs: somebody waits for what never comes')
      }
      if (++this.#events > limit) throw new Error(`it hangs: ${limit} events, and no end`)
      this.#now = Math.max(this.#now, next.at)
      next.go()
    }
  }

  #next(): { readonly at: number; readonly go: () => void } | undefined {
    let first = 0
    for (const [i, { at, order }] of this.#queue.entries()) {
      const best = this.#queue[first]
      if (best && (at < best.at || (at === best.at && order < best.order))) first = i
    }
    return this.#queue.splice(first, 1)[0]
  }

  /** A storage to which every call of a life takes a while, there and back. */
  distant(inner: Storage, life: Life): Storage {
    const travel = () => this.sleep(Math.ceil(this.random() * 10) * life.slowness)
    const sent = async <T>(call: string, key: string, work: () => Promise<T>): Promise<T> => {
      await travel()
      this.note(`${life.name} ${call} ${key}`)
      const result = await work()
      if (this.random() < 0.3) await travel()
      return result
    }
    async function* list(
      prefix: string,
      options?: { readonly after?: string },
    ): AsyncGenerator<ListedObject> {
      let left = 0
      for await (const object of inner.list(prefix, options)) {
        // A page of a listing is of one moment.
        if (left-- === 0) {
          await sent('list', prefix, () => Promise.resolve())
          left = 4
        }
        yield object
      }
    }
    return wrapped(inner, {
      get: (key) => sent('get', key, () => inner.get(key)),
      stat: (key) => sent('stat', key, () => inner.stat(key)),
      putIfAbsent: (key, bytes) => sent('create', key, () => inner.putIfAbsent(key, bytes)),
      put: (key, bytes) => sent('put', key, () => inner.put(key, bytes)),
      delete: async (keys) => {
        for (const key of keys) await sent('delete', key, () => inner.delete([key]))
      },
      list,
    })
  }
}

/** A new one each time: what waits for one that lives on would never be collected. */
const never = () => new Promise<never>(() => undefined)

/** A storage that a life calls no more once it is dead, and from which it hears no more. */
export function mortal(inner: Storage, life: Life): Storage {
  const alive = async <T>(work: () => Promise<T>): Promise<T> => {
    if (life.dead) return never()
    try {
      const result = await work()
      return life.dead ? await never() : result
    } catch (error) {
      if (life.dead) return never()
      throw error
    }
  }
  async function* list(prefix: string, options?: { readonly after?: string }): AsyncGenerator<ListedObject> {
    for await (const object of inner.list(prefix, options)) yield await alive(() => Promise.resolve(object))
  }
  return wrapped(inner, {
    get: (key) => alive(() => inner.get(key)),
    stat: (key) => alive(() => inner.stat(key)),
    putIfAbsent: (key, bytes) => alive(() => inner.putIfAbsent(key, bytes)),
    put: (key, bytes) => alive(() => inner.put(key, bytes)),
    delete: (keys) => alive(() => inner.delete(keys)),
    list,
  })
}
