import { decideFinal, markDone, openPlans, readFinal, readPlan, writePlan } from './gc-plan.ts'
import type { GcPlan } from './gc-plan.ts'
import { allEnvironments } from './environments.ts'
import { neededKeys } from './gc-needed.ts'
import type { Lake } from './lake.ts'
import { pinLife } from './pins.ts'
import { isVersionId, timeOfVersion } from './version-id.ts'
import { layout } from '../storage/layout.ts'
import type { Storage } from '../storage/storage.ts'

export interface GcOptions {
  /** How long what a commit named stays after it was replaced, in ms. */
  readonly retain: number
  /** How old, in ms by the store's clock, an object must be that no commit names. */
  readonly grace: number
  /** How long records of runs stay, in ms. */
  readonly keepRuns: number
  /** Only says what would be deleted. */
  readonly dryRun?: boolean
  readonly signal?: AbortSignal
}

/** What a cleaning found, and deleted unless it was a dry run. */
export interface GcReport {
  readonly dryRun: boolean
  /** Versions of tables, by table, that are gone, with the bytes of their files. */
  readonly tables: readonly { readonly table: string; readonly versions: number; readonly bytes: number }[]
  readonly objects: number
  readonly bytes: number
  /** Entries of the shared cache whose versions are gone. */
  readonly cacheEntries: number
  /** Records of runs. */
  readonly runs: number
  /** Staged folders and temporary files of processes that were killed. */
  readonly leftovers: number
  /** Objects of versions that stay. */
  readonly kept: number
  /** Live runs that have pinned what they read. */
  readonly pinned: number
}

/** An object under `tables/` that Sluice has written. */
interface Found {
  readonly key: string
  readonly bytes: number
}

const batch = 500

/**
 * Deletes what no retained commit of any environment names. In this order, each step of which can be repeated:
 * a plan of what may go is written; entries of the shared cache that lead to it go; a commit to each environment
 * (a fence) makes every writer that is under way look at the plan; the logs and the pins of live runs are read
 * again; what nothing has needed since the plan was made is decided and deleted. A process may stop or pause anywhere: the next
 * cleaning goes on, and no commit ever names what was deleted (`fence.ts`).
 *
 * Throws `storage/corrupt` when a log cannot be read: in doubt, nothing is deleted.
 */
export async function collectGarbage(lake: Lake, options: GcOptions): Promise<GcReport> {
  const { storage } = lake
  const now = await clockOf(storage)
  const run = lake.clock.newId(now)
  const window = { since: now - options.retain, alive: now - pinLife }
  const { keys, commits, pinned } = await neededKeys(storage, window)
  const { candidates, kept } = await candidatesIn(storage, keys, now - options.grace)
  const runs = await oldRuns(storage, now - options.keepRuns)
  if (options.dryRun) return report(candidates, { dryRun: true, kept, pinned, runs: runs.length })
  for (const id of await openPlans(storage)) await finish(lake, id, run, options, now)
  let deleted: ReadonlySet<string> = new Set()
  let cacheEntries = 0
  if (candidates.length > 0) {
    const plan: GcPlan = {
      format: 1,
      id: run,
      at: new Date(now).toISOString(),
      keys: candidates.map(({ key }) => key),
      commits,
    }
    await writePlan(storage, plan, lake.clock.pause)
    const done = await finish(lake, run, run, options, now)
    deleted = new Set(done.keys)
    cacheEntries = done.cacheEntries
  }
  for (const each of runs) await deleteFolder(storage, layout.runFolder(each))
  const leftovers = await storage.sweep(now - options.grace)
  const gone = candidates.filter(({ key }) => deleted.has(key))
  return report(gone, { dryRun: false, kept, pinned, runs: runs.length, leftovers, cacheEntries })
}

/** Carries a planned cleaning out, from wherever it was left. */
async function finish(
  lake: Lake,
  id: string,
  run: string,
  options: GcOptions,
  now: number,
): Promise<{ keys: readonly string[]; cacheEntries: number }> {
  const { storage } = lake
  const plan = await readPlan(storage, id)
  if (plan === undefined) return { keys: [], cacheEntries: 0 }
  let final = await readFinal(storage, id)
  let cacheEntries = 0
  if (final === undefined) {
    const planned = new Set(plan.keys)
    cacheEntries = await dropCacheEntries(lake, planned)
    for (const env of await allEnvironments(storage)) await fence(lake, env, id, run)
    options.signal?.throwIfAborted()
    const window = { since: now - options.retain, alive: now - pinLife, from: plan.commits }
    const { keys } = await neededKeys(storage, window)
    final = await decideFinal(storage, id, unneeded(plan.keys, keys), lake.clock.pause)
  }
  for (let at = 0; at < final.keys.length; at += batch) {
    options.signal?.throwIfAborted()
    await storage.delete(final.keys.slice(at, at + batch))
  }
  await markDone(storage, id)
  return { keys: final.keys, cacheEntries }
}

/** Commits to an environment that a cleaning has begun, whoever else commits meanwhile. */
async function fence(lake: Lake, name: string, id: string, run: string): Promise<void> {
  const env = lake.env(name)
  const base = await env.state()
  if (base.fence === id) return
  const nothing = { heads: {}, steps: {} }
  await env.commit(base, nothing, { kind: 'gc', run, fence: id }, (state) =>
    state.fence === id ? { adopt: true } : nothing,
  )
}

/** Objects of versions that nothing needs and that are older than a time. */
async function candidatesIn(
  storage: Storage,
  needed: ReadonlySet<string>,
  before: number,
): Promise<{ candidates: Found[]; kept: number }> {
  const candidates: Found[] = []
  let kept = 0
  for await (const { key, size, modified } of storage.list(layout.tables)) {
    if (!layout.isOfVersion(key)) continue
    if (modified < before && !isNeeded(key, needed)) candidates.push({ key, bytes: size })
    else kept++
  }
  return { candidates, kept }
}

function unneeded(keys: readonly string[], needed: ReadonlySet<string>): string[] {
  return keys.filter((key) => !isNeeded(key, needed))
}

/** Content digests belong to the manifest beside them. */
function isNeeded(key: string, needed: ReadonlySet<string>): boolean {
  return needed.has(key) || (layout.isDigest(key) && needed.has(layout.manifestBeside(key)))
}

/** Removes entries of the shared cache that name what may be deleted, or what is gone; their number. */
async function dropCacheEntries(lake: Lake, planned: ReadonlySet<string>): Promise<number> {
  const { storage, steps } = lake
  let dropped = 0
  for await (const { key } of storage.list(layout.steps)) {
    const fingerprint = layout.fingerprintOf(key)
    if (fingerprint === undefined) continue
    const { entry, damaged } = await steps.get(fingerprint)
    const leads = entry && Object.values(entry.outputs).some(({ manifest }) => planned.has(manifest))
    if (!leads && !damaged) continue
    await storage.delete([key])
    dropped++
  }
  return dropped
}

async function oldRuns(storage: Storage, before: number): Promise<string[]> {
  const runs = new Set<string>()
  for await (const { key } of storage.list(layout.runs)) {
    const run = key.split('/')[1] ?? ''
    if (!isVersionId(run)) continue
    // Ids are in the order of time.
    if (timeOfVersion(run).getTime() >= before) break
    runs.add(run)
  }
  return [...runs]
}

async function deleteFolder(storage: Storage, prefix: string): Promise<void> {
  const keys: string[] = []
  for await (const { key } of storage.list(prefix)) keys.push(key)
  await storage.delete(keys)
}

/** The time by the clock of the store: that of an object that was written just now. */
async function clockOf(storage: Storage): Promise<number> {
  await storage.put(layout.gcClock, Buffer.from('{}\n'))
  for await (const { key, modified } of storage.list(layout.gcFolder)) {
    if (key === layout.gcClock) return modified
  }
  return Date.now()
}

function report(
  gone: readonly Found[],
  rest: Partial<GcReport> & Pick<GcReport, 'kept' | 'pinned' | 'runs'>,
): GcReport {
  const tables = new Map<string, { versions: Set<string>; bytes: number }>()
  for (const { key, bytes } of gone) {
    const { table, version } = layout.partsOf(key)
    const known = tables.get(table) ?? { versions: new Set(), bytes: 0 }
    known.versions.add(version)
    tables.set(table, { versions: known.versions, bytes: known.bytes + bytes })
  }
  return {
    dryRun: false,
    leftovers: 0,
    cacheEntries: 0,
    ...rest,
    tables: Array.from(tables, ([table, { versions, bytes }]) => ({
      table,
      versions: versions.size,
      bytes,
    })).toSorted((a, b) => (a.table < b.table ? -1 : 1)),
    objects: gone.length,
    bytes: gone.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}
