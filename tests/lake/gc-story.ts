import path from 'node:path'
import { unlessProblem } from '../../src/base/problem.ts'
import { mayBeDeleted } from '../../src/lake/fence.ts'
import { collectGarbage } from '../../src/lake/gc.ts'
import { filesOfHead, keysOfHead } from '../../src/lake/head-files.ts'
import { commitJudged } from '../../src/lake/judge.ts'
import { openLake } from '../../src/lake/lake.ts'
import type { Lake } from '../../src/lake/lake.ts'
import { pinnedState, removePin } from '../../src/lake/pins.ts'
import type { Changes, DataFile, EnvState } from '../../src/lake/types.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { Interleaving } from './interleaving.ts'
import { manifest as sample, wrapped } from './rig.ts'

/** What a story does wrong on purpose, so that it can be seen that the check finds it. */
export type Wrong =
  | 'commits-past-the-fence'
  | 'cleans-without-fence'
  | 'reads-without-pin'
  | 'opens-no-environment'
  | 'cleans-dropped-versions-whole'
  | 'commits-without-looking-at-shared-files'
  | 'cleans-without-reading-manifests'

type Head = NonNullable<Changes['heads'][string]>

/** The heads of `b` do not list their files, as those of very many files do. */
const tables = ['a', 'b']
/** How many files a version has, some of which it shares with the version before. */
const parts = 3
const envs = ['dev', 'prod']
const options = { retain: 0, grace: 0, keepRuns: 1e15 }

/**
 * Writers that compute and reuse, and share files with the version before, readers that are slow, and cleaners that keep nothing but heads, interleaved as
 * a seed says. Gives what went wrong: a needed file that was deleted, or a reader that did not find its files.
 */
export async function gcStory(seed: number, wrong?: Wrong): Promise<string[]> {
  const world = new Interleaving(seed)
  const faults: string[] = []
  const guarded = (actor: string): Storage => {
    const storage = world.storageOf(actor)
    return wrapped(storage, {
      delete: async (keys) => {
        for (const key of keys) {
          await storage.delete([key])
          // No other actor makes a step meanwhile: what is read now is what stood when the object went.
          for (const env of envs) {
            const needed = await neededBy(world.storage, env, key)
            if (needed !== undefined) faults.push(`${actor} deleted ${key}, ${needed} of ${env}`)
          }
        }
      },
    })
  }
  const open = (actor: string) => openLake(guarded(actor), { now: world.now, newId: world.newId })
  await openLake(world.storage, { now: world.now })
  const actors: Record<string, () => Promise<void>> = {}
  for (const [i, env] of ['dev', 'dev', 'prod'].entries())
    actors[`writer-${i}`] = async () => writer(await open(`writer-${i}`), env, world, wrong)
  for (const env of envs)
    actors[`reader-${env}`] = async () => reader(await open(`reader-${env}`), env, world, wrong, faults)
  for (const i of [0, 1])
    actors[`cleaner-${i}`] = async () => cleaner(await open(`cleaner-${i}`), world, wrong)
  await world.run(actors)
  for (const env of envs) {
    const { heads } = await (await openLake(world.storage)).env(env).state()
    for (const [table, head] of heads) {
      for (const key of await keysOfHead(world.storage, head))
        if ((await world.storage.get(key)) === undefined)
          faults.push(`in the end ${key} of ${env} ${table} is missing`)
    }
  }
  return faults
}

/** Why an environment needs a key now, in words. */
async function neededBy(storage: Storage, env: string, key: string): Promise<string | undefined> {
  const { heads } = await (await openLake(storage)).env(env).state()
  for (const head of heads.values()) {
    if (head.manifest === key) return 'a head'
    const files = await filesOfHead(storage, head)
    if (files?.some((file) => file.key === key))
      return path.dirname(key) === path.dirname(head.manifest) ? 'a file' : 'a shared file'
  }
  return undefined
}

/** Publishes versions: what the shared cache has for a fingerprint, or a new one. */
async function writer(lake: Lake, envName: string, world: Interleaving, wrong?: Wrong): Promise<void> {
  const env = lake.env(envName)
  for (let made = 0; made < 4;) {
    const base = wrong === 'opens-no-environment' ? await env.state() : await env.opened('w')
    const table = pick(tables, world)
    const fingerprint = pick(['0', '1', '2'], world).repeat(64)
    const head =
      (await reusable(lake, table, fingerprint)) ?? (await computed(lake, table, fingerprint, world, base))
    const changes: Changes = { heads: { [table]: head }, steps: {} }
    const published = await committed(lake, envName, base, changes, wrong)
    if (!published.committed) continue
    made++
    const outputs = { [table]: { manifest: head.manifest, version: head.version } }
    await lake.steps.put({ format: 1, fingerprint, outputs, computedAt: '' }, { replace: true })
  }
}

function committed(
  lake: Lake,
  envName: string,
  base: EnvState,
  changes: Changes,
  wrong?: Wrong,
): Promise<{ committed: boolean }> {
  const env = lake.env(envName)
  const meta = { kind: 'publish', run: 'w' } as const
  if (wrong === 'commits-past-the-fence') return commitBlindly(lake, envName, base, changes)
  if (wrong !== 'commits-without-looking-at-shared-files')
    return env.commit(base, changes, meta, () => changes)
  return commitJudged(
    (onto, next) => env.tryCommit(onto, next, meta),
    base,
    changes,
    () => changes,
    async () => mayBeDeleted(lake.storage, { ...changes, heads: await ownFiles(lake, changes) }),
  )
}

/** Heads as if all files of a version lay in its own folder. */
async function ownFiles(lake: Lake, { heads }: Changes): Promise<Changes['heads']> {
  const own: Record<string, Head> = {}
  for (const [table, head] of Object.entries(heads)) {
    if (head === null) continue
    const { many: _many, ...rest } = head
    const files = (await filesOfHead(lake.storage, head)) ?? []
    const isOwn = ({ key }: { readonly key: string }) => path.dirname(key) === path.dirname(head.manifest)
    own[table] = { ...rest, files: files.filter(isOwn) }
  }
  return own
}

async function commitBlindly(
  lake: Lake,
  envName: string,
  base: EnvState,
  changes: Changes,
): Promise<{ committed: boolean }> {
  for (let state = base; ;) {
    const result = await lake.env(envName).tryCommit(state, changes, { kind: 'publish', run: 'w' })
    if (result.committed) return result
    state = result.state
  }
}

async function reusable(lake: Lake, table: string, fingerprint: string): Promise<Head | undefined> {
  const { entry } = await lake.steps.get(fingerprint)
  const output = entry?.outputs[table]
  const manifest = output && (await unlessProblem(() => lake.manifests.read(output.manifest)))
  if (manifest === undefined) return undefined
  const head = headOf(table, manifest.version, fingerprint, manifest.files)
  // As in run/reuse.ts: a cleaning whose fence was seen already does not make the commit lose a race.
  return (await mayBeDeleted(lake.storage, { heads: { [table]: head }, steps: {} })) ? undefined : head
}

/** A new version, each file of which is one of its own, or that of the version before. */
async function computed(
  lake: Lake,
  table: string,
  fingerprint: string,
  world: Interleaving,
  base: EnvState,
): Promise<Head> {
  const version = world.newId(world.now())
  const before = base.heads.get(table)
  // A newer version may stand by now, and this one be cleaned away: runs pin what they read, these writers do not.
  const shared = before && (await unlessProblem(() => lake.version(table, before)))?.files
  // Some take long to compute: others commit and clean meanwhile.
  for (let left = world.random() < 0.2 ? 60 : 0; left > 0; left--) await lake.storage.stat('computing')
  const files: DataFile[] = []
  for (let part = 0; part < parts; part++) {
    const own = `tables/x/${table}/${version}/part-${part}.parquet`
    const file = world.random() < 0.6 ? shared?.[part] : undefined
    if (file === undefined) await lake.storage.putIfAbsent(own, Buffer.from(version))
    files.push(file ?? { key: own, bytes: 26, rows: 1, hash: '0'.repeat(64) })
  }
  const head = headOf(table, version, fingerprint, files)
  await lake.manifests.write(head.manifest, { ...sample, table, version, fingerprint, files })
  return head
}

function headOf(table: string, version: string, fingerprint: string, files: readonly DataFile[]): Head {
  const named = files.map(({ key, bytes }) => ({ key, bytes }))
  return {
    version,
    manifest: `tables/x/${table}/${version}/manifest.json`,
    notebook: 'x',
    fingerprint,
    rows: parts,
    bytes: 26 * parts,
    ...(table === 'b' ? { files: [], many: files.length } : { files: named }),
  }
}

async function reader(
  lake: Lake,
  envName: string,
  world: Interleaving,
  wrong: Wrong | undefined,
  faults: string[],
): Promise<void> {
  const env = lake.env(envName)
  for (let n = 0; n < 4; n++) {
    const run = `reader-${envName}-${n}`
    const state =
      wrong === 'reads-without-pin' ? await env.state() : await pinnedState(lake.storage, env, run)
    const keys: string[] = []
    for (const head of state.heads.values()) keys.push(...(await keysOfHead(lake.storage, head)))
    // A file is read in pieces, one after the other.
    for (const key of Array.from({ length: 2 }, () => keys).flat())
      if ((await lake.storage.stat(key)) === undefined)
        faults.push(`${run} did not find ${key} at ${world.now()}`)
    await removePin(lake.storage, run)
  }
}

async function cleaner(lake: Lake, world: Interleaving, wrong?: Wrong): Promise<void> {
  for (let n = 0; n < 3; n++) {
    if (wrong === 'cleans-without-fence' || wrong === 'cleans-dropped-versions-whole')
      await cleanAtOnce(lake, world, wrong)
    else await collectGarbage(wrong === 'cleans-without-reading-manifests' ? blind(lake) : lake, options)
  }
}

/** What a simple cleaning does: looks at what is needed, and deletes the rest, or all of versions that nobody has. */
async function cleanAtOnce(lake: Lake, world: Interleaving, wrong: Wrong): Promise<void> {
  const { neededKeys } = await import('../../src/lake/gc-needed.ts')
  const { keys: needed } = await neededKeys(lake.storage, { since: world.now(), alive: 0 })
  const whole = wrong === 'cleans-dropped-versions-whole'
  for await (const { key } of lake.storage.list('tables/'))
    if (!needed.has(whole ? `${path.dirname(key)}/manifest.json` : key)) await lake.storage.delete([key])
}

/** A lake in which no manifest says which files a version has. */
function blind(lake: Lake): Lake {
  const { storage } = lake
  const get: Storage['get'] = async (key) => (key.endsWith('/manifest.json') ? undefined : storage.get(key))
  return { ...lake, storage: wrapped(storage, { get }) }
}

function pick<T>(list: readonly T[], { random }: Interleaving): T {
  return list[Math.floor(random() * list.length)] as T
}
