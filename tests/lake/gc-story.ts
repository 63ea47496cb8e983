import { collectGarbage } from '../../src/lake/gc.ts'
import { openLake } from '../../src/lake/lake.ts'
import type { Lake } from '../../src/lake/lake.ts'
import { pinnedState, removePin } from '../../src/lake/pins.ts'
import type { Changes, EnvState } from '../../src/lake/types.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { Interleaving } from './interleaving.ts'
import { manifest as sample, wrapped } from './rig.ts'

/** What a story does wrong on purpose, so that it can be seen that the check finds it. */
export type Wrong =
  'commits-past-the-fence' | 'cleans-without-fence' | 'reads-without-pin' | 'opens-no-environment'

type Head = NonNullable<Changes['heads'][string]>

const tables = ['a', 'b']
const envs = ['dev', 'prod']
const options = { retain: 0, grace: 0, keepRuns: 1e15 }

/**
 * Writers that compute and reuse, readers that are slow, and cleaners that keep nothing but heads, interleaved as
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
          for (const env of envs)
            if (await isHead(world.storage, env, key))
              faults.push(`${actor} deleted ${key}, a head of ${env}`)
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
      for (const key of [head.manifest, ...head.files.map((file) => file.key)])
        if ((await world.storage.get(key)) === undefined)
          faults.push(`in the end ${key} of ${env} ${table} is missing`)
    }
  }
  return faults
}

async function isHead(storage: Storage, env: string, key: string): Promise<boolean> {
  const { heads } = await (await openLake(storage)).env(env).state()
  return [...heads.values()].some(
    (head) => head.manifest === key || head.files.some((file) => file.key === key),
  )
}

/** Publishes versions: what the shared cache has for a fingerprint, or a new one. */
async function writer(lake: Lake, envName: string, world: Interleaving, wrong?: Wrong): Promise<void> {
  const env = lake.env(envName)
  for (let made = 0; made < 4;) {
    const base = wrong === 'opens-no-environment' ? await env.state() : await env.opened('w')
    const table = pick(tables, world)
    const fingerprint = pick(['0', '1', '2'], world).repeat(64)
    const head =
      (await reusable(lake, table, fingerprint)) ?? (await computed(lake, table, fingerprint, world))
    const changes: Changes = { heads: { [table]: head }, steps: {} }
    const published =
      wrong === 'commits-past-the-fence'
        ? await commitBlindly(lake, envName, base, changes)
        : await env.commit(base, changes, { kind: 'publish', run: 'w' }, () => changes)
    if (!published.committed) continue
    made++
    const outputs = { [table]: { manifest: head.manifest, version: head.version } }
    await lake.steps.put({ format: 1, fingerprint, outputs, computedAt: '' }, { replace: true })
  }
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
  if (output === undefined) return undefined
  const head = headOf(table, output.version, fingerprint)
  const stats = [await lake.storage.stat(head.manifest), await lake.storage.stat(head.files[0]?.key ?? '')]
  return stats.includes(undefined) ? undefined : head
}

async function computed(lake: Lake, table: string, fingerprint: string, world: Interleaving): Promise<Head> {
  const version = world.newId(world.now())
  const head = headOf(table, version, fingerprint)
  await lake.storage.putIfAbsent(head.files[0]?.key ?? '', Buffer.from(version))
  await lake.manifests.write(head.manifest, { ...sample, table, version, fingerprint, files: [] })
  return head
}

function headOf(table: string, version: string, fingerprint: string): Head {
  const folder = `tables/x/${table}/${version}`
  const files = [{ key: `${folder}/part-0.parquet`, bytes: 26 }]
  return {
    version,
    manifest: `${folder}/manifest.json`,
    notebook: 'x',
    fingerprint,
    rows: 1,
    bytes: 26,
    files,
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
    const keys = [...state.heads.values()].flatMap(({ files }) => files.map(({ key }) => key))
    // A file is read in pieces, one after the other.
    for (const key of Array.from({ length: 2 }, () => keys).flat())
      if ((await lake.storage.stat(key)) === undefined)
        faults.push(`${run} did not find ${key} at ${world.now()}`)
    await removePin(lake.storage, run)
  }
}

async function cleaner(lake: Lake, world: Interleaving, wrong?: Wrong): Promise<void> {
  for (let n = 0; n < 3; n++) {
    if (wrong === 'cleans-without-fence') await cleanAtOnce(lake, world)
    else await collectGarbage(lake, options)
  }
}

/** What a simple cleaning does: looks at what is needed, and deletes the rest. */
async function cleanAtOnce(lake: Lake, world: Interleaving): Promise<void> {
  const { neededKeys } = await import('../../src/lake/gc-needed.ts')
  const { keys: needed } = await neededKeys(lake.storage, { since: world.now(), alive: 0 })
  for await (const { key } of lake.storage.list('tables/'))
    if (!needed.has(key)) await lake.storage.delete([key])
}

function pick<T>(list: readonly T[], { random }: Interleaving): T {
  return list[Math.floor(random() * list.length)] as T
}
