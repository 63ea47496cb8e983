import { open, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openLake } from '../../../src/lake/lake.ts'
import type { Changes } from '../../../src/lake/types.ts'
import { localStorage } from '../../../src/storage/local.ts'
import type { Storage } from '../../../src/storage/storage.ts'
import { meta, setting, wrapped } from '../rig.ts'

/** How entries are created: as the storage does it, or in a way that loses or tears under contention. */
export type How = 'safely' | 'looks-first-and-renames' | 'takes-the-name-and-writes'

/** What a writer was told, attempt by attempt. */
export interface WriterReport {
  readonly name: string
  readonly won: readonly { readonly number: number; readonly id: string }[]
  /** Numbers that others won, and what came back: the last commit then, and its id. */
  readonly lost: readonly { readonly number: number; readonly last: number; readonly id: string }[]
  readonly faults: readonly string[]
}

function storageOf(root: string, how: How): Storage {
  const inner = localStorage(root)
  if (how === 'safely') return inner
  const create = how === 'looks-first-and-renames' ? lookAndRename : takeAndWrite
  return wrapped(inner, {
    putIfAbsent: (key, bytes) =>
      key.includes('/log/') ? create(join(root, key), bytes) : inner.putIfAbsent(key, bytes),
  })
}

async function lookAndRename(path: string, bytes: Uint8Array): Promise<boolean> {
  const there = await stat(path).catch(() => undefined)
  if (there) return false
  const temp = `${path}.${process.pid}`
  await writeFile(temp, bytes, { flush: true })
  await rename(temp, path)
  return true
}

async function takeAndWrite(path: string, bytes: Uint8Array): Promise<boolean> {
  const file = await open(path, 'wx').catch(() => undefined)
  if (!file) return false
  await file.write(bytes.subarray(0, 100))
  await file.sync()
  await file.write(bytes.subarray(100))
  await file.close()
  return true
}

/** Makes commits, each of which sets two tables of its own; one attempt after the other, as it is told. */
export async function write(root: string, name: string, count: number, how: How): Promise<WriterReport> {
  const lake = await openLake(storageOf(root, how))
  const env = lake.env('dev')
  const won: { number: number; id: string }[] = []
  const lost: { number: number; last: number; id: string }[] = []
  const faults: string[] = []
  try {
    let state = await env.state()
    while (won.length < count) {
      const version = `v${won.length + 1}`
      const changes = setting({ [`${name}_left`]: version, [`${name}_right`]: version })
      const number = state.commit + 1
      const result = await env.tryCommit(state, changes, { ...meta, run: name })
      if (result.committed) won.push({ number, id: result.entry.id })
      else lost.push({ number, last: result.state.commit, id: result.state.tail?.id ?? '' })
      state = result.state
    }
  } catch (error) {
    faults.push(`${name}: ${String(error)}`)
  }
  await lake.close()
  return { name, won, lost, faults }
}

/** Sets `twin_a` and `twin_b` to versions of one stamp, in turn those of all commits so far: together, or one by one. */
export async function writeTwins(root: string, count: number, together: boolean): Promise<WriterReport> {
  const lake = await openLake(localStorage(root))
  const env = lake.env('dev')
  const won: { number: number; id: string }[] = []
  let state = await env.state()
  const known: Changes['heads'][] = []
  for (let n = 1; n <= state.commit; n += 2)
    known.push({ ...(await env.entry(n)).heads, ...(await env.entry(n + 1)).heads })
  for (let n = 0; won.length < count; n++) {
    const both = known[n % known.length] ?? {}
    const parts = together ? [both] : Object.entries(both).map((one) => Object.fromEntries([one]))
    for (const heads of parts) {
      const result = await env.tryCommit(state, { heads, steps: {} }, meta)
      if (!result.committed) throw new Error('lost a race that nobody else runs')
      won.push({ number: result.entry.number, id: result.entry.id })
      state = result.state
    }
  }
  await lake.close()
  return { name: 'twins', won, lost: [], faults: [] }
}
