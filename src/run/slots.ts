import { setTimeout as wait } from 'node:timers/promises'

/** A place among what runs together. */
export interface Slot {
  /** Waits so many milliseconds without the place, which others may have meanwhile. Rejects when aborted. */
  rest(ms: number, signal: AbortSignal): Promise<void>
}

interface Waiting {
  readonly pools: readonly string[]
  readonly go: () => void
}

/**
 * Limits what runs together: at most `most` in all, and in each named pool as many as it has places. All that one
 * needs is taken at once or not at all, so that nobody waits for a pool while he holds a place, and none waits
 * for another that waits for him. Who came first goes first, unless another fits and he does not.
 */
export class Slots {
  #free: number
  readonly #pools: Map<string, number>
  #waiting: Waiting[] = []

  constructor(most: number, pools: { readonly [name: string]: number }) {
    this.#free = most
    this.#pools = new Map(Object.entries(pools))
  }

  /** Does work as soon as there is a place in all, and in each of the pools that are known. */
  async hold<T>(pools: readonly string[], work: (slot: Slot) => Promise<T>): Promise<T> {
    await this.#take(pools)
    try {
      return await work({ rest: (ms, signal) => this.#rest(pools, ms, signal) })
    } finally {
      this.#give(pools)
    }
  }

  async #rest(pools: readonly string[], ms: number, signal: AbortSignal): Promise<void> {
    this.#give(pools)
    try {
      await wait(ms, undefined, { signal })
    } finally {
      await this.#take(pools)
    }
  }

  #take(pools: readonly string[]): Promise<void> {
    return new Promise((go) => {
      this.#waiting.push({ pools, go })
      this.#admit()
    })
  }

  #give(pools: readonly string[]): void {
    this.#change(pools, 1)
    this.#admit()
  }

  #admit(): void {
    const still: Waiting[] = []
    for (const each of this.#waiting) {
      if (!this.#fits(each.pools)) still.push(each)
      else {
        this.#change(each.pools, -1)
        each.go()
      }
    }
    this.#waiting = still
  }

  #fits(pools: readonly string[]): boolean {
    return this.#free > 0 && pools.every((pool) => (this.#pools.get(pool) ?? 1) > 0)
  }

  #change(pools: readonly string[], by: number): void {
    this.#free += by
    for (const pool of pools) {
      const free = this.#pools.get(pool)
      if (free !== undefined) this.#pools.set(pool, free + by)
    }
  }
}
