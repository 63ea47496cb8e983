import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { StepFindings } from '../../src/freshness/findings.ts'
import { pointer } from '../../src/lake/pointers.ts'
import { seal, sealOf } from '../../src/lake/sealed.ts'
import type { Lake } from '../../src/lake/lake.ts'
import type { StepCacheEntry } from '../../src/lake/step-cache.ts'
import type { Head, Manifest } from '../../src/lake/types.ts'
import { findReusable } from '../../src/run/reuse.ts'
import { layout } from '../../src/storage/layout.ts'
import { emptyProject } from './lake-rig.ts'
import { lakeOf, stepRan } from './step-rig.ts'

let root: string
let fingerprint: string
let good: StepCacheEntry
let heads: { readonly now: Head; readonly old: Head; readonly other: Head }

beforeEach(async () => {
  root = await emptyProject()
  await stepRan(root, 'prod', { writes: ['t'], code: 'old' })
  const old = await stepRan(root, 'prod', { writes: ['other'] })
  const state = await stepRan(root, 'prod', { writes: ['t'], code: 'new' })
  heads = { now: headIn(state, 't'), old: headIn(old, 't'), other: headIn(state, 'other') }
  fingerprint = heads.now.fingerprint
  await withLake(async (lake) => {
    const by = { run: 'r', env: 'prod', host: 'h', commit: 3 }
    const computedAt = '2026-01-01T00:00:00.000Z'
    good = { format: 1, fingerprint, outputs: { t: await versionOf(lake, heads.now) }, computedAt, by }
    await lake.steps.put(good)
  })
})

function headIn({ heads: all }: { heads: ReadonlyMap<string, Head> }, table: string): Head {
  const head = all.get(table)
  if (head === undefined) throw new Error(`there is no ${table}`)
  return head
}

async function withLake<T>(work: (lake: Lake) => Promise<T>): Promise<T> {
  const lake = await lakeOf(root)
  try {
    return await work(lake)
  } finally {
    await lake.close()
  }
}

async function versionOf(lake: Lake, { manifest, version }: Head) {
  return { manifest, version, checksum: sealOf(await lake.manifests.read(manifest)) }
}

/** What reuse looks at of a step that writes `t`. */
function found(): Promise<{ version: string | undefined; stale: boolean }> {
  const findings = { fingerprint, step: { outputs: [{ table: { name: 't' } }] } } as unknown as StepFindings
  return withLake(async (lake) => {
    const { reusable, stale } = await findReusable(lake, findings)
    return { version: reusable?.heads['t']?.version, stale }
  })
}

/** A checker that believes every entry whose checksum is right: what the poison would do to it. */
function believed(): Promise<string | undefined> {
  return withLake(async (lake) => (await lake.steps.get(fingerprint)).entry?.outputs['t']?.version)
}

const keep = (entry: StepCacheEntry) => withLake((lake) => lake.steps.put(entry, { replace: true }))

async function rewritten(head: Head, change: (manifest: Manifest) => Manifest): Promise<void> {
  const manifest = await withLake((lake) => lake.manifests.read(head.manifest))
  await writeFile(path.join(root, 'storage/lake', head.manifest), seal(change(manifest)))
}

/** Each leaves an entry that is sealed, of the right fingerprint, and wrong. */
const poisons: readonly (readonly [string, () => Promise<unknown>])[] = [
  [
    'an older version of the table',
    async () => keep({ ...good, outputs: { t: await withLake((lake) => versionOf(lake, heads.old)) } }),
  ],
  [
    'an older version, and no word of who computed it',
    async () => {
      const { by: _by, ...entry } = good
      await keep({ ...entry, outputs: { t: await withLake((lake) => versionOf(lake, heads.old)) } })
    },
  ],
  [
    'the manifest of another table',
    async () => keep({ ...good, outputs: { t: await withLake((lake) => versionOf(lake, heads.other)) } }),
  ],
  [
    'the version under the manifest of an older one',
    () => keep({ ...good, outputs: { t: { manifest: heads.old.manifest, version: heads.now.version } } }),
  ],
  [
    'a manifest that was altered and sealed again',
    () => rewritten(heads.now, (manifest) => ({ ...manifest, rows: 7, stats: { id: { nulls: 0 } } })),
  ],
  [
    'a manifest that names the file of another version',
    () =>
      rewritten(heads.now, (manifest) => ({
        ...manifest,
        files: [{ ...manifest.files[0]!, key: heads.old.files[0]!.key }],
      })),
  ],
  ['another result than the one that was published', () => keep({ ...good, result: { count: 7 } })],
  [
    'a file whose bytes are others',
    () => writeFile(path.join(root, 'storage/lake', heads.now.files[0]?.key ?? ''), 'z'.repeat(26)),
  ],
]

describe('an entry of the shared cache is not believed when it has', () => {
  it.each(poisons)('%s', async (_, poison) => {
    await poison()
    // The control: who only checks the seal is taken in.
    expect(await believed()).toBeDefined()
    expect(await found()).toEqual({ version: undefined, stale: true })
  })

  it('the fingerprint of another step', async () => {
    const entry = { ...good, fingerprint: 'ab'.repeat(32) }
    await writeFile(path.join(root, 'storage/lake', layout.step(fingerprint)), seal(entry))
    expect(await found()).toEqual({ version: undefined, stale: true })
  })
})

describe('an entry is believed', () => {
  it('by the commit that published it', async () => {
    expect(await found()).toEqual({ version: heads.now.version, stale: false })
  })

  it('by its manifest, where a whole run published and the commit is another', async () => {
    await keep({ ...good, by: { run: 'r', env: 'prod', host: 'h', commit: 99 } })
    expect(await found()).toMatchObject({ version: heads.now.version })
  })

  it('for an older version whose rows were the same, when the commit says so', async () => {
    const kept = await withLake(async (lake) => {
      const env = lake.env('prod')
      const base = await env.state()
      const record = base.steps.get('t')
      if (record === undefined) throw new Error('there is no record')
      const { commit: _commit, ...rest } = record
      const steps = { t: { ...rest, outputs: { t: heads.old.version } } }
      const meta = { kind: 'publish', run: 'r' } as const
      const done = await env.tryCommit(base, { heads: { t: pointer(heads.old) }, steps }, meta)
      const by = { run: 'r', env: 'prod', host: 'h', commit: done.state.commit }
      return { ...good, outputs: { t: await versionOf(lake, heads.old) }, by }
    })
    await keep(kept)
    expect(await found()).toEqual({ version: heads.old.version, stale: false })
  })
})
