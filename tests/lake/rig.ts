import type { Environment } from '../../src/lake/environment.ts'
import { openLake } from '../../src/lake/lake.ts'
import type { Changes, CommitMeta, EnvState, Manifest } from '../../src/lake/types.ts'
import { problemsOf } from '../../src/base/problem.ts'
import type { Storage } from '../../src/storage/storage.ts'

export const meta: CommitMeta = { kind: 'publish', run: 'run-1' }

/** A head of a table, as a step hands it to a commit. */
export function head(version: string, rows = 1): NonNullable<Changes['heads'][string]> {
  const folder = `tables/notebooks/x/${version}`
  return {
    version,
    manifest: `${folder}/manifest.json`,
    notebook: 'notebooks/x.ts',
    fingerprint: `f-${version}`,
    rows,
    bytes: 10,
    files: [{ key: `${folder}/part-0.parquet`, bytes: 10 }],
  }
}

/** The record of a step, as a step hands it to a commit. */
export function record(step: string, fingerprint: string): NonNullable<Changes['steps'][string]> {
  return {
    step,
    flow: 'taxi',
    notebook: 'notebooks/x.ts',
    fingerprint,
    parts: { code: 'c', args: 'a' },
    outputs: {},
    computedAt: '2026-01-01T00:00:00.000Z',
  }
}

/** Changes that set tables to versions, or remove them. */
export function setting(versions: { readonly [table: string]: string | null }): Changes {
  const heads = Object.entries(versions).map(([table, version]) => [
    table,
    version === null ? null : head(version),
  ])
  return { heads: Object.fromEntries(heads), steps: {} }
}

/** Versions of the tables of a state. */
export function versionsIn(state: EnvState): { [table: string]: string } {
  return Object.fromEntries(Array.from(state.heads, ([table, { version }]) => [table, version]))
}

/** Commits on top of the newest state and must not lose. */
export async function publish(
  env: Environment,
  changes: Changes,
  extra: Partial<CommitMeta> = {},
): Promise<EnvState> {
  const result = await env.tryCommit(await env.state(), changes, { ...meta, ...extra })
  if (!result.committed) throw new Error('lost a race that nobody else runs')
  return result.state
}

/** A log of `count` commits that set table `t0`, `t1`, ... in turn to `v1`, `v2`, ... */
export async function filled(storage: Storage, count: number, tables = 3): Promise<void> {
  const env = (await openLake(storage)).env('prod')
  for (let n = 1; n <= count; n++) await publish(env, setting({ [`t${n % tables}`]: `v${n}` }))
  await env.flush()
}

/** An environment that knows nothing yet, as a new process sees it. */
export async function fresh(storage: Storage, name = 'prod'): Promise<Environment> {
  return (await openLake(storage)).env(name)
}

/** A storage with some of its methods replaced. */
export function wrapped(inner: Storage, own: Partial<Storage>): Storage {
  return {
    kind: inner.kind,
    place: inner.place,
    get: (key) => inner.get(key),
    stat: (key) => inner.stat(key),
    putIfAbsent: (key, bytes) => inner.putIfAbsent(key, bytes),
    put: (key, bytes) => inner.put(key, bytes),
    delete: (keys) => inner.delete(keys),
    list: (prefix, options) => inner.list(prefix, options),
    stage: (prefix) => inner.stage(prefix),
    publish: (staged, prefix, files) => inner.publish(staged, prefix, files),
    discard: (staged) => inner.discard(staged),
    sweep: (before) => inner.sweep(before),
    localPath: (key) => inner.localPath(key),
    pathOf: (key) => inner.pathOf(key),
    close: () => inner.close(),
    ...own,
  }
}

/** A storage that writes down the reads that it serves. */
export function watched(inner: Storage): {
  storage: Storage
  reads: string[]
  written: { key: string; bytes: number }[]
} {
  const reads: string[] = []
  const written: { key: string; bytes: number }[] = []
  const storage = wrapped(inner, {
    get: (key) => {
      reads.push(`get ${key}`)
      return inner.get(key)
    },
    list: (prefix, options) => {
      reads.push(`list ${prefix}`)
      return inner.list(prefix, options)
    },
    putIfAbsent: (key, bytes) => {
      written.push({ key, bytes: bytes.length })
      return inner.putIfAbsent(key, bytes)
    },
  })
  return { storage, reads, written }
}

/** All that an async iteration gives. */
export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

/** Flips one bit of an object. */
export async function flipBit(storage: Storage, key: string, byte: number, bit = 0): Promise<void> {
  const bytes = await storage.get(key)
  if (bytes === undefined) throw new Error(`there is no ${key}`)
  const damaged = Uint8Array.from(bytes)
  const at = byte < 0 ? damaged.length + byte : byte
  damaged[at] = (damaged[at] ?? 0) ^ (1 << bit)
  await storage.put(key, damaged)
}

/** The codes and messages of the Problems that a promise rejects with; fails when it resolves. */
export async function problemsFrom(promise: Promise<unknown>): Promise<string[]> {
  const error = await promise.then(
    () => new Error('it resolved'),
    (thrown: unknown) => thrown,
  )
  const problems = problemsOf(error)
  if (problems === undefined) throw error
  return problems.map(({ code, message, hint }) => `${code}: ${message}; ${hint ?? ''}`)
}

export const manifest: Manifest = {
  format: 1,
  table: 'silver.trips',
  version: '01j00000000000000000000000',
  notebook: 'notebooks/silver/clean_trips.ts',
  fingerprint: 'ab'.repeat(32),
  createdAt: '2026-01-01T00:00:00.000Z',
  engine: 'duckdb 1.5.6',
  columns: [{ name: 'fare', type: 'DECIMAL(10,2)', nullable: false }],
  key: ['fare'],
  rows: 3,
  bytes: 5,
  files: [{ key: 'tables/x/silver.trips/v/part-0.parquet', bytes: 5, rows: 3, hash: 'c'.repeat(64) }],
  stats: { fare: { nulls: 0, min: '1.00', max: '9.00' } },
}
