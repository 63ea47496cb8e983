import type { EnvState, Head, LogEntry, StepRecord } from '../../../src/lake/types.ts'
import type { Storage } from '../../../src/storage/storage.ts'
import { wrapped } from '../rig.ts'

/** What an environment adds up to after a commit, as somebody would keep it who saw every entry come. */
interface Sum {
  readonly heads: Map<string, Head>
  readonly steps: Map<string, StepRecord>
  readonly text: string
}

/** What somebody was told of a commit: made, certainly not made, or neither (also when he died meanwhile). */
type Told = { readonly made: LogEntry } | 'not-made' | 'unknown'

const logKey = /^env\/([^/]+)\/log\/(\d+)\.json$/

/**
 * Sees all that reaches the storage and all that actors are told, and says what does not fit. It knows nothing of
 * the way the lake reads: it adds the entries up by itself. The log is the witness of the order of commits.
 */
export class Witness {
  readonly faults: string[] = []
  readonly #logs = new Map<string, { readonly entries: LogEntry[]; readonly sums: Sum[] }>()
  readonly #told = new Map<string, { readonly env: string; told: Told }>()
  /** The least commit that who begins to read now must see: told to somebody as made, or seen by somebody. */
  readonly #visible = new Map<string, number>()
  readonly #keys = new Set<string>()

  /** The storage as it is seen by the witness, at the moment of each effect. */
  watch(inner: Storage): Storage {
    const created = (key: string, bytes: Uint8Array): void => {
      this.#keys.add(key)
      const env = logKey.exec(key)?.[1]
      if (env !== undefined) this.#committed(env, JSON.parse(Buffer.from(bytes).toString()) as LogEntry)
    }
    return wrapped(inner, {
      putIfAbsent: async (key, bytes) => {
        const first = await inner.putIfAbsent(key, bytes)
        if (first) created(key, bytes)
        return first
      },
      put: async (key, bytes) => {
        await inner.put(key, bytes)
        if (logKey.test(key)) this.faults.push(`${key} was replaced`)
        this.#keys.add(key)
      },
      delete: async (keys) => {
        await inner.delete(keys)
        for (const key of keys) this.#deleted(key)
      },
    })
  }

  /** Before somebody reads the state of an environment: what he must see at least. */
  visible(env: string): number {
    return this.#visible.get(env) ?? 0
  }

  /** What somebody read, who began when `least` was visible; 0 for a state of the past. */
  read(who: string, state: EnvState, least: number): void {
    const { env, commit } = state
    const sum = this.sum(env, commit)
    if (commit < least)
      this.faults.push(`${who} read commit ${commit} of ${env} after commit ${least} was visible`)
    if (sum !== undefined && sum.text !== textOf(state.heads, state.steps))
      this.faults.push(
        `${who} read commit ${commit} of ${env} as ${textOf(state.heads, state.steps)}, not ${sum.text}`,
      )
    if (sum === undefined && commit > 0)
      this.faults.push(`${who} read commit ${commit} of ${env}, which is not there`)
    if (least > 0) this.#see(env, commit)
  }

  /** Somebody begins to commit under a token; until he is told, the outcome is unknown. */
  begins(env: string, token: string): void {
    this.#told.set(token, { env, told: 'unknown' })
  }

  tells(env: string, token: string, told: Told): void {
    this.#told.set(token, { env, told })
    if (typeof told === 'object') this.#see(env, told.made.number)
  }

  sum(env: string, commit: number): Sum | undefined {
    return this.#logs.get(env)?.sums[commit - 1]
  }

  last(env: string): number {
    return this.#logs.get(env)?.entries.length ?? 0
  }

  /** At the end: whether the log agrees with what everybody was told. */
  compare(): void {
    for (const [token, { env, told }] of this.#told) {
      const made = this.#logs.get(env)?.entries.filter(({ run }) => run === token) ?? []
      const numbers = made.map(({ number }) => number).join(' and ')
      if (made.length > 1) this.faults.push(`${token} was made twice: commits ${numbers}`)
      if (told === 'not-made' && made.length > 0)
        this.faults.push(`${token} was told that nothing was made, but commit ${numbers} was`)
      if (typeof told === 'object' && made[0]?.id !== told.made.id)
        this.faults.push(`${token} was told commit ${told.made.number}, but the log has ${numbers || 'none'}`)
    }
  }

  #see(env: string, commit: number): void {
    this.#visible.set(env, Math.max(commit, this.visible(env)))
  }

  #committed(env: string, entry: LogEntry): void {
    const log = this.#logs.get(env) ?? { entries: [], sums: [] }
    this.#logs.set(env, log)
    const before = log.entries.at(-1)
    if (entry.number !== log.entries.length + 1 || entry.parent !== (before?.id ?? null))
      this.faults.push(`commit ${entry.number} of ${env} does not follow ${before?.number ?? 0}`)
    const heads = added(log.sums.at(-1)?.heads, entry.heads)
    const steps = added(log.sums.at(-1)?.steps, entry.steps)
    log.entries.push(entry)
    log.sums.push({ heads, steps, text: textOf(heads, steps) })
    for (const [table, head] of heads)
      for (const key of keysOf(head))
        if (!this.#keys.has(key))
          this.faults.push(`commit ${entry.number} of ${env}: ${table} names ${key}, which is not there`)
    for (const [step, { outputs }] of steps)
      for (const [table, version] of Object.entries(outputs))
        if (heads.get(table)?.version !== version)
          this.faults.push(`commit ${entry.number} of ${env}: ${step} says that it wrote ${table} ${version}`)
  }

  #deleted(key: string): void {
    this.#keys.delete(key)
    if (logKey.test(key)) this.faults.push(`${key} was deleted`)
    for (const [env, { sums }] of this.#logs)
      for (const [table, head] of sums.at(-1)?.heads ?? [])
        if (keysOf(head).includes(key))
          this.faults.push(`${key} was deleted, and ${table} of ${env} needs it`)
  }
}

function keysOf(head: Head): string[] {
  return [head.manifest, ...head.files.map(({ key }) => key)]
}

function added<T>(
  before: ReadonlyMap<string, T> | undefined,
  changes: { readonly [key: string]: T | null },
): Map<string, T> {
  const sum = new Map(before)
  for (const [key, change] of Object.entries(changes)) {
    if (change === null) sum.delete(key)
    else sum.set(key, change)
  }
  return sum
}

function textOf(heads: ReadonlyMap<string, Head>, steps: ReadonlyMap<string, StepRecord>): string {
  const tables = Array.from(
    heads,
    ([name, { version, seq, commit }]) => `${name} ${version} ${seq} ${commit}`,
  )
  const records = Array.from(
    steps,
    ([name, { fingerprint, commit }]) => `${name} ${fingerprint.slice(0, 2)} ${commit}`,
  )
  return [...tables.toSorted(), ...records.toSorted()].join('; ')
}
