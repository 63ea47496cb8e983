import { digestOf } from '../base/digest.ts'
import { problemsOf } from '../base/problem.ts'
import type { DigestColumn, StagedOutput } from '../engine/engine.ts'
import type { Lake } from '../lake/lake.ts'
import { seal, unseal } from '../lake/sealed.ts'
import { shapeOf } from '../lake/shape.ts'
import type { ColumnShape, Head, Manifest } from '../lake/types.ts'
import { layout } from '../storage/layout.ts'
import type { Pool } from './pool.ts'

/** What is needed to compare rows of versions. */
export interface Comparing {
  readonly lake: Lake
  readonly pool: Pool
  readonly engine: string
  readonly signal: AbortSignal
}

/**
 * Whether staged rows are those of a head. Decided cheaply first: schema, number of rows and the statistics of
 * the footers, which the head itself tells; only when all agree by a digest of both.
 */
export async function sameRows(
  around: Comparing,
  table: string,
  head: Head,
  columns: readonly ColumnShape[],
  key: readonly string[],
  staged: StagedOutput,
  files: readonly string[],
): Promise<boolean> {
  const { engine } = around
  const shape = shapeOf({ engine, columns, key, rows: staged.rows, stats: staged.stats })
  if (head.shape !== undefined && head.shape !== shape) return false
  const before = await sound(() => around.lake.version(table, head))
  if (before === undefined || shapeOf(before) !== shape) return false
  // A file that is gone or damaged: then nothing is known of the rows.
  if ((await sound(() => around.lake.files(before))) === undefined) return false
  if (staged.rows === 0) return true
  const [one, two] = await Promise.all([
    versionDigest(around, head.manifest, before, columns),
    around.pool.engines.ask('digest', { files, columns: digestColumns(columns) }, asked(around)),
  ])
  return one === two.digest
}

/** What is read of a version; undefined where it is gone or damaged. */
async function sound<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (problemsOf(error)?.every(({ code }) => code === 'storage/corrupt')) return undefined
    throw error
  }
}

/**
 * The content digest of a version, or of some of its columns. Computed once and kept beside the manifest.
 */
export async function versionDigest(
  around: Comparing,
  manifestKey: string,
  manifest: Manifest,
  columns: readonly { readonly name: string; readonly type: string }[],
): Promise<string> {
  const wanted = digestColumns(columns)
  const { key, known } = await keptDigest(around, manifestKey, columns)
  if (known !== undefined) return known
  const files = await around.lake.files(manifest)
  const { digest } = await around.pool.engines.ask('digest', { files, columns: wanted }, asked(around))
  const bytes = seal({ format: 1, columns: wanted, engine: around.engine, digest })
  // One that is there already is damaged, or of a version that wrote none with a checksum.
  await around.lake.storage.put(key, bytes).catch((error: unknown) => {
    // Who may only read the lake computes it anew each time.
    if (!problemsOf(error)?.every(({ code }) => code === 'storage/unavailable')) throw error
  })
  return digest
}

/** Whoever asks for a digest is never the one that ends an engine, as far as we know. */
function asked({ signal }: Comparing) {
  return { signal, by: 'digest' }
}

/** The content digest that is kept of a version, or of some of its columns, and the key where it is kept. */
export async function keptDigest(
  { lake, engine }: Pick<Comparing, 'lake' | 'engine'>,
  manifestKey: string,
  columns: readonly DigestColumn[],
): Promise<{ key: string; known: string | undefined }> {
  const wanted = digestColumns(columns)
  const key = layout.contentDigest(manifestKey, digestOf({ wanted, engine }).slice(0, 20))
  const kept = await lake.storage.get(key)
  return { key, known: kept && digestIn(kept) }
}

/** The order of columns is no part of what rows are. */
function digestColumns(columns: readonly DigestColumn[]): DigestColumn[] {
  const list = columns.map(({ name, type }) => ({ name, type }))
  return list.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** A kept digest that is damaged is as good as none. */
function digestIn(bytes: Uint8Array): string | undefined {
  const opened = unseal(bytes)
  const digest = 'value' in opened ? opened.value['digest'] : undefined
  return typeof digest === 'string' && /^[0-9a-f]{64}$/.test(digest) ? digest : undefined
}
