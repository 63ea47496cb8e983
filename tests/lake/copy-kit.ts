import { hashBytes } from '../../src/base/file-hash.ts'
import { openLake } from '../../src/lake/lake.ts'
import { verifyLake } from '../../src/lake/verify-lake.ts'
import type { Manifest } from '../../src/lake/types.ts'
import { newVersionId } from '../../src/lake/version-id.ts'
import { layout } from '../../src/storage/layout.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { meta, record, wrapped } from './rig.ts'

/** Commits a version whose files exist, with the hashes that they have. */
export async function publishWhole(
  storage: Storage,
  env: string,
  table: string,
  text: string,
): Promise<Manifest> {
  const lake = await openLake(storage)
  const version = newVersionId()
  const folder = layout.version('silver/x', table, version)
  const files: { key: string; bytes: number; rows: number; hash: string }[] = []
  for (const [i, content] of [text, `${text}, more`].entries()) {
    const bytes = Buffer.from(content)
    const key = `${folder}part-${i}.parquet`
    await storage.putIfAbsent(key, bytes)
    files.push({ key, bytes: bytes.length, rows: 1, hash: await hashBytes(bytes) })
  }
  const manifest: Manifest = {
    format: 1,
    table,
    version,
    notebook: 'notebooks/silver/x.ts',
    fingerprint: 'ab'.repeat(32),
    createdAt: '2026-01-31T12:00:00.000Z',
    engine: 'duckdb',
    columns: [{ name: 'id', type: 'INTEGER', nullable: false }],
    key: [],
    rows: 2,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    files,
    stats: {},
  }
  const key = layout.manifest('silver/x', table, version)
  await lake.manifests.write(key, manifest)
  await storage.putIfAbsent(layout.contentDigest(key, 'all'), Buffer.from('{}'))
  const { notebook, fingerprint, rows, bytes } = manifest
  const named = files.map((file) => ({ key: file.key, bytes: file.bytes }))
  const heads = { [table]: { version, manifest: key, notebook, fingerprint, rows, bytes, files: named } }
  const environment = lake.env(env)
  const steps = { [table]: record(table, `f-${version}`) }
  await environment.tryCommit(await environment.state(), { heads, steps }, meta)
  await environment.flush()
  return manifest
}

/** A lake with two environments, leftovers, records and cached steps. */
export async function sampleLake(commits = 6): Promise<Storage> {
  const storage = memoryStorage()
  for (let i = 0; i < commits; i++)
    await publishWhole(storage, i % 3 === 0 ? 'dev' : 'prod', `t${i % 2}`, `rows of ${i}`)
  const lake = await openLake(storage)
  await lake.steps.put({ format: 1, fingerprint: 'cd'.repeat(16), outputs: {}, computedAt: '2026-01-31' })
  await lake.runs.put(lake.runs.newId(), 'summary.json', '{"flows":[]}')
  await storage.put(`tables/silver/x/t0/${newVersionId()}/part-0.parquet`, Buffer.from('never committed'))
  await storage.put(layout.pin('a'), Buffer.from('{}'))
  return storage
}

/** All objects that a copy brings, as texts. */
export async function contents(storage: Storage): Promise<{ [key: string]: string }> {
  const all: { [key: string]: string } = {}
  for await (const { key } of storage.list('')) {
    if (/^(pins|gc)\//.test(key)) continue
    all[key] = Buffer.from((await storage.get(key)) ?? '').toString('latin1')
  }
  return all
}

/**
 * What is wrong with a target, at any moment of a copy: another lake, something damaged or missing, or a state that
 * the source never had.
 */
export async function faultsOf(source: Storage, target: Storage): Promise<string[]> {
  if ((await target.get(layout.lake)) === undefined) return []
  const [ours, theirs] = [await openLake(source), await openLake(target, { create: false })]
  const faults = ours.id === theirs.id ? [] : ['it is another lake']
  const report = await verifyLake(theirs, { history: true })
  faults.push(...report.logProblems.map(({ message }) => message))
  faults.push(...report.damaged.flatMap(({ problems }) => problems.map(({ message }) => message)))
  if (report.cleaned > 0) faults.push(`${report.cleaned} versions of its history are missing`)
  for (const env of report.environments) {
    const state = await theirs.env(env).state()
    const then = await ours.env(env).state(state.commit)
    const heads = (of: typeof state) => JSON.stringify([...of.heads].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    if (heads(state) !== heads(then))
      faults.push(`${env} is not what the source was at commit ${state.commit}`)
  }
  return faults
}

/** A storage that dies before its n-th change, and for ever after. */
export function dyingAt(inner: Storage, changes: number): Storage {
  let left = changes
  const underWay = new Set<Promise<unknown>>()
  /** Nothing of a killed process goes on: what it had begun ends before its death is told. */
  async function change<T>(work: () => Promise<T>): Promise<T> {
    if (left-- <= 0) {
      await Promise.allSettled(underWay)
      throw new Error('killed')
    }
    const done = work()
    underWay.add(done)
    return done.finally(() => underWay.delete(done))
  }
  return wrapped(inner, {
    putIfAbsent: (key, bytes) => change(() => inner.putIfAbsent(key, bytes)),
    put: (key, bytes) => change(() => inner.put(key, bytes)),
    publish: (staged, prefix, files) => change(() => inner.publish(staged, prefix, files)),
  })
}
