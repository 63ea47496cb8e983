import { openLake, type Lake } from '../../src/lake/lake.ts'
import type { ColumnShape, Manifest } from '../../src/lake/types.ts'
import { newVersionId } from '../../src/lake/version-id.ts'
import { layout } from '../../src/storage/layout.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { collected, meta } from './rig.ts'

const start = Date.parse('2026-01-31T12:00:00.000Z')

/** A lake whose clock moves a second with each look. */
export function lakeOver(storage: Storage, at = start): Promise<Lake> {
  let now = at
  return openLake(storage, { now: () => (now += 1000) })
}

export const id: ColumnShape = { name: 'id', type: 'INTEGER', nullable: false }

/** What a version is made with; files need not exist to be named in a Delta log. */
export interface Given {
  readonly columns?: readonly ColumnShape[]
  readonly notebook?: string
  readonly stats?: Manifest['stats']
  readonly files?: number
  readonly env?: string
  /** No manifest: as a cleaning leaves it. */
  readonly cleaned?: boolean
}

/** Commits a new version of a table. */
export async function publishVersion(lake: Lake, table: string, given: Given = {}): Promise<Manifest> {
  const { columns = [id], notebook = 'silver/trips', stats = {}, files = 1, env: name = 'prod' } = given
  const version = newVersionId()
  const folder = layout.version(notebook, table, version)
  const manifest: Manifest = {
    format: 1,
    table,
    version,
    notebook: `notebooks/${notebook}.ts`,
    fingerprint: 'ab'.repeat(32),
    createdAt: '2026-01-31T11:59:59.500Z',
    engine: 'duckdb',
    columns,
    key: [],
    rows: files * 2,
    bytes: files * 10,
    files: Array.from({ length: files }, (_, i) => ({
      key: `${folder}part-${i}.parquet`,
      bytes: 10,
      rows: 2,
      hash: 'ab'.repeat(32),
    })),
    stats,
  }
  const key = layout.manifest(notebook, table, version)
  if (!given.cleaned) await lake.manifests.write(key, manifest)
  const { rows, bytes, fingerprint } = manifest
  const head = { version, manifest: key, notebook: manifest.notebook, fingerprint, rows, bytes }
  const heads = { [table]: { ...head, files: manifest.files.map((file) => ({ key: file.key, bytes: 10 })) } }
  const env = lake.env(name)
  await env.tryCommit(await env.state(), { heads, steps: {} }, meta)
  return manifest
}

/** Commits heads as they were at an earlier commit, or their absence. */
export async function setHead(lake: Lake, table: string, commit: number | null): Promise<void> {
  const env = lake.env('prod')
  const head = commit === null ? null : ((await env.state(commit)).heads.get(table) ?? null)
  const meant = { ...meta, kind: head === null ? ('drop' as const) : ('restore' as const) }
  await env.tryCommit(await env.state(), { heads: { [table]: head }, steps: {} }, meant)
}

/** The objects of all Delta logs, by key. */
export async function deltaLogs(storage: Storage): Promise<{ [key: string]: string }> {
  const logs: { [key: string]: string } = {}
  for (const { key } of await collected(storage.list(layout.tables))) {
    if (!key.includes('/_delta_log/')) continue
    logs[key] = Buffer.from((await storage.get(key)) ?? '').toString('utf8')
  }
  return logs
}

/** An action of a Delta log. */
export interface Action {
  readonly [kind: string]: { readonly [field: string]: unknown } | undefined
}

/** What is active at each version of one Delta log, as a reader works it out; `refused` names the feature. */
export function replayed(logs: { readonly [key: string]: string }, root: string): string[] {
  const files = new Set<string>()
  const states: string[] = []
  const own = Object.entries(logs).filter(([key]) => key.startsWith(`${root}_delta_log/`))
  for (const [at, [key, text]] of own.toSorted(([a], [b]) => (a < b ? -1 : 1)).entries()) {
    if (!key.endsWith(`/${String(at).padStart(20, '0')}.json`)) throw new Error(`${key} is not version ${at}`)
    const actions = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Action)
    for (const { remove } of actions) if (remove) files.delete(String(remove['path']))
    for (const { add } of actions) if (add) files.add(String(add['path']))
    const features = actions.flatMap(({ protocol }) => (protocol?.['readerFeatures'] ?? []) as string[])
    const refused = features.find((feature) => feature.startsWith('sluice'))
    states.push(refused ?? [...files].toSorted().join())
  }
  return states
}
