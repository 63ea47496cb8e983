import { PassingFault } from '../../src/storage/fault.ts'
import type { ListedObject, Storage } from '../../src/storage/storage.ts'
import { pick } from './chance.ts'

/** What can befall a call. */
export type Fault =
  /** It has no effect, and fails. */
  | 'before'
  /** It has its effect, and fails all the same: the reply is lost. */
  | 'after'
  /** It fails, and has its effect later: the request was still under way. */
  | 'late'
  /** It has its effect twice, the second time later: the network delivers a request again. */
  | 'twice'
  /** A creation that succeeds is refused: the client has sent it twice, and tells of the second. */
  | 'refused'
  /** A read gives only the beginning of an object. */
  | 'cut'
  /** A read gives an object with some bytes that are another's. */
  | 'mixed'
  /** A listing does not show the newest keys yet. */
  | 'stale'
  /** A listing breaks off after some keys. */
  | 'broken'

/** How often what goes wrong, and how time passes: virtual time in simulations, real time over real stores. */
export interface Storm {
  readonly random: () => number
  /** The chance that a fault befalls a call, from 0 to 1. */
  readonly rate: number
  /** Does work after so many ms, whatever becomes of the caller. */
  readonly later: (ms: number, work: () => Promise<unknown>) => void
  /** Faults that do not come. */
  readonly without?: readonly Fault[]
  /** Prefixes whose listings may lag: those where the protocol says that it bears it. */
  readonly stale?: (prefix: string) => boolean
  /** Told of each fault. */
  readonly struck?: (fault: Fault, call: string, key: string) => void
}

/** How much later, in ms at most, a request is delivered that was under way. */
const longest = 400

/** The logs of environments: readers ask for the next entry by its name, so a listing may lag there. */
export const logsLag = (prefix: string): boolean => /^env\/[^/]+\/log\/$/.test(prefix)

/**
 * A storage on which faults fall as a storm says. What it does otherwise is what the inner storage does. Calls
 * that fail throw a `PassingFault`, as drivers do when a store does not answer; whether they had an effect is
 * not told.
 */
export function faultyStorage(inner: Storage, storm: Storm): Storage {
  const { random } = storm
  function drawn(call: string, key: string, ...faults: Fault[]): Fault | undefined {
    if (random() >= storm.rate) return undefined
    const possible = faults.filter((fault) => !storm.without?.includes(fault))
    if (possible.length === 0) return undefined
    const fault = pick(possible, random)
    storm.struck?.(fault, call, key)
    return fault
  }
  function lost(call: string, key: string): PassingFault {
    return new PassingFault({ code: 'storage/unavailable', message: `storm: no reply to ${call} '${key}'` })
  }
  const later = (work: () => Promise<unknown>): void => storm.later(random() * longest, work)

  async function reading<T>(call: string, key: string, work: () => Promise<T>): Promise<T> {
    if (drawn(call, key, 'before')) throw lost(call, key)
    return work()
  }

  async function writing<T>(call: string, key: string, work: () => Promise<T>, ...more: Fault[]): Promise<T> {
    const fault = drawn(call, key, 'before', 'after', 'late', 'twice', ...more)
    if (fault === 'late') later(work)
    if (fault === 'before' || fault === 'late') throw lost(call, key)
    const result = await work()
    if (fault === 'after') throw lost(call, key)
    if (fault === 'twice') later(work)
    return fault === 'refused' && result === true ? (false as T) : result
  }

  async function get(key: string): Promise<Uint8Array | undefined> {
    const fault = drawn('get', key, 'before', 'cut', 'mixed')
    if (fault === 'before') throw lost('get', key)
    const bytes = await inner.get(key)
    if (bytes === undefined || bytes.length === 0 || fault === undefined) return bytes
    const at = Math.floor(random() * bytes.length)
    if (fault === 'cut') return bytes.slice(0, at)
    return bytes.map((byte, i) => (i >= at && i < at + 8 ? byte ^ 0x11 : byte))
  }

  async function* list(prefix: string, options?: { readonly after?: string }): AsyncGenerator<ListedObject> {
    const faults: Fault[] = storm.stale?.(prefix) ? ['before', 'broken', 'stale'] : ['before', 'broken']
    const fault = drawn('list', prefix, ...faults)
    if (fault === 'before') throw lost('list', prefix)
    const few = Math.floor(random() * 4)
    if (fault === 'stale') {
      const all: ListedObject[] = []
      for await (const object of inner.list(prefix, options)) all.push(object)
      yield* all.slice(0, Math.max(0, all.length - few - 1))
      return
    }
    let given = 0
    for await (const object of inner.list(prefix, options)) {
      if (fault === 'broken' && given++ === few) throw lost('list', prefix)
      yield object
    }
  }

  return {
    kind: inner.kind,
    place: inner.place,
    get,
    list,
    stat: (key) => reading('stat', key, () => inner.stat(key)),
    putIfAbsent: (key, bytes) => writing('create', key, () => inner.putIfAbsent(key, bytes), 'refused'),
    put: (key, bytes) => writing('put', key, () => inner.put(key, bytes)),
    delete: (keys) => writing('delete', keys.join(' '), () => inner.delete(keys)),
    // Staged folders lie on this machine; publishing sends them, and the caller stages anew when it fails.
    stage: (prefix) => inner.stage(prefix),
    publish: async (staged, prefix, files) => {
      const fault = drawn('publish', prefix, 'before', 'after')
      if (fault !== 'before') await inner.publish(staged, prefix, files)
      if (fault !== undefined) throw lost('publish', prefix)
    },
    discard: (staged) => inner.discard(staged),
    sweep: (before) => inner.sweep(before),
    localPath: (...args) => reading('read', args[0], () => inner.localPath(...args)),
    pathOf: (key) => inner.pathOf(key),
    close: () => inner.close(),
  }
}

/** Late requests in real time, for storms over real stores; `settled` resolves when all have been delivered. */
export function realTime(): { later: Storm['later']; settled: () => Promise<void> } {
  const open = new Set<Promise<unknown>>()
  return {
    later(ms, work) {
      const done = new Promise((resolve) => setTimeout(resolve, ms)).then(work).catch(() => undefined)
      open.add(done)
      void done.finally(() => open.delete(done))
    },
    async settled() {
      while (open.size > 0) await Promise.all(open)
    },
  }
}
