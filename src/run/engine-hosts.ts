import type { Limits } from '../contract/limits.ts'
import { ChildEnded, type Answer, type Ask, type CallOptions, type Child } from './child.ts'
import { guardMemory, OutOfMemory } from './guard-memory.ts'
import { killLate } from './kill-late.ts'
import type { EngineCalls } from './protocol.ts'
import { Slots } from './slots.ts'

/** What an engine may use, where it is not the one that all share. */
export interface Share extends Pick<Limits, 'memory' | 'threads'> {
  /** It may open every file, not only those of the project and its lake. */
  readonly reach?: 'all'
}

/** What a step needs of its own; undefined where it can share. */
export function ownShare({ memory, threads }: Limits, reach?: Share['reach']): Share | undefined {
  return (memory ?? threads ?? reach) === undefined
    ? undefined
    : {
        ...(memory !== undefined && { memory }),
        ...(threads !== undefined && { threads }),
        ...(reach && { reach }),
      }
}

/** Who asks an engine, and how. */
export interface EngineAsk extends CallOptions {
  readonly signal: AbortSignal
  /** Whose question it is: a step. */
  readonly by: string
  /** It needs an engine of its own. */
  readonly share?: Share
  /** Called before a question is asked again: puts things back as they were. */
  readonly again?: () => Promise<void>
}

/** How long an engine may take to notice that a query is cancelled, in milliseconds. */
const grace = 3000

/**
 * The processes that run queries: one that all share, and others for steps that need their own. When the shared one
 * dies, one of the queries that were under way did it: each of them is asked again, alone in a process of its own,
 * one after the other. So the one that kills it again fails, and nobody else.
 */
export class EngineHosts {
  readonly #start: (share?: Share) => Child<EngineCalls>
  readonly #most: (share?: Share) => number
  readonly #all = new Set<Child<EngineCalls>>()
  /** Engines of their own that nobody uses now, by their share. */
  readonly #idle = new Map<string, Child<EngineCalls>>()
  readonly #alone = new Slots(1, {})
  /** Steps whose queries ended a process in which they were alone. */
  readonly #guilty = new Set<string>()
  #shared?: Child<EngineCalls>

  /** @param most bytes that the process of an engine may hold; DuckDB's own limit does not count all that it allocates */
  constructor(
    start: (share?: Share) => Child<EngineCalls>,
    most: (share?: Share) => number = () => Infinity,
  ) {
    this.#start = start
    this.#most = most
  }

  /** The one that all share. */
  shared(): Child<EngineCalls> {
    if (!this.#shared?.alive) this.#shared = this.#started()
    return this.#shared
  }

  /** Starts what will be asked soon: the one that all share, or one that the next step with such a share takes. */
  warm(share?: Share): void {
    if (!share) this.shared()
    else if (!this.#idle.get(keyOf(share))?.alive) this.#idle.set(keyOf(share), this.#started(share))
  }

  all(): readonly Child<EngineCalls>[] {
    return [...this.#all]
  }

  /** Asks an engine. Rejects as `Child.call` does, and with OutOfMemory. */
  async ask<K extends keyof EngineCalls>(
    op: K,
    ask: Ask<EngineCalls[K]>,
    options: EngineAsk,
  ): Promise<Answer<EngineCalls[K]>> {
    const { by, share, signal, again } = options
    const from = (host: Child<EngineCalls>) =>
      guardMemory(host, { limit: this.#most(share) }, () =>
        killLate(host, signal, host.call(op, ask, options), grace),
      )
    if (share) return this.#own(share, from)
    if (!this.#guilty.has(by)) {
      try {
        return await from(this.shared())
      } catch (error) {
        const ended = error instanceof ChildEnded || error instanceof OutOfMemory
        if (!ended || signal.aborted) throw error
      }
      await again?.()
    }
    return this.#alone.hold([], () => this.#quarantine(by, signal, from))
  }

  async #quarantine<T>(
    by: string,
    signal: AbortSignal,
    use: (host: Child<EngineCalls>) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted()
    const host = this.#started()
    try {
      return await use(host)
    } catch (error) {
      if (!host.alive) this.#guilty.add(by)
      throw error
    } finally {
      await this.#end(host)
    }
  }

  async #own<T>(share: Share, use: (host: Child<EngineCalls>) => Promise<T>): Promise<T> {
    const key = keyOf(share)
    const kept = this.#idle.get(key)
    this.#idle.delete(key)
    const host = kept?.alive ? kept : this.#started(share)
    try {
      return await use(host)
    } finally {
      // One of a kind is kept for the next step.
      if (host.alive && !this.#idle.has(key)) this.#idle.set(key, host)
      else await this.#end(host)
    }
  }

  #started(share?: Share): Child<EngineCalls> {
    for (const host of this.#all) if (!host.alive) this.#all.delete(host)
    const host = this.#start(share)
    this.#all.add(host)
    return host
  }

  async #end(host: Child<EngineCalls>): Promise<void> {
    await host.close()
    this.#all.delete(host)
  }
}

function keyOf({ memory, threads, reach }: Share): string {
  return `${memory} ${threads} ${reach}`
}
