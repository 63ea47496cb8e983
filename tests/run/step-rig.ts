import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { hashFile } from '../../src/base/file-hash.ts'
import { fingerprintOf } from '../../src/freshness/parts.ts'
import { openLake, type Lake } from '../../src/lake/lake.ts'
import type { Accepted, CommitMeta, EnvState, Manifest, StepRecord } from '../../src/lake/types.ts'
import { newVersionId } from '../../src/lake/version-id.ts'
import { layout } from '../../src/storage/layout.ts'
import { localStorage } from '../../src/storage/local.ts'

/** What a step has done, for a lake that tests fill by hand. The files hold no Parquet: only their hashes count. */
export interface Done {
  readonly writes: readonly string[]
  /** The tables that it read, as the environment holds them; `table@version` for another version. */
  readonly reads?: readonly string[]
  readonly code?: string
  readonly absent?: readonly string[]
  readonly accepted?: readonly Accepted[]
  readonly meta?: Partial<CommitMeta>
}

/** Opens the lake of a project folder. The caller closes it. */
export function lakeOf(root: string): Promise<Lake> {
  return openLake(localStorage(path.join(root, 'storage/lake')))
}

/** Commits new versions of the tables of a step, with its record; gives the state after it. */
export async function stepRan(root: string, env: string, done: Done): Promise<EnvState> {
  const lake = await lakeOf(root)
  try {
    const base = await lake.env(env).state()
    const { writes, reads = [], code = 'c1', accepted } = done
    const inputs = reads.map((read): [string, string] => {
      const [table = '', version = base.heads.get(read)?.version ?? ''] = read.split('@')
      return [`input:${table}`, `${table}@${version}`]
    })
    const parts = { semantics: '1', engine: 'duckdb', code, ...Object.fromEntries(inputs) }
    const fingerprint = fingerprintOf(parts)
    const versions = await Promise.all(writes.map((table) => newVersion(lake, root, table, fingerprint)))
    const record: Omit<StepRecord, 'commit'> = {
      step: `step_${writes[0]?.split('.').at(-1)}`,
      flow: 'flow',
      notebook: 'notebooks/x.ts',
      fingerprint,
      parts,
      outputs: Object.fromEntries(versions.map(({ of }) => [of.table, of.version])),
      computedAt: '2026-01-01T00:00:00.000Z',
      run: newVersionId(),
      ...(accepted && { accepted }),
      ...(done.absent && { absent: done.absent }),
    }
    const heads = versions.map(({ manifest, of }) => {
      const { table, version, notebook, rows, bytes, files } = of
      const list = files.map((file) => ({ key: file.key, bytes: file.bytes }))
      return [table, { version, manifest, notebook, fingerprint, rows, bytes, files: list }] as const
    })
    const made = await lake
      .env(env)
      .tryCommit(
        base,
        { heads: Object.fromEntries(heads), steps: { [writes.toSorted().join(',')]: record } },
        { kind: 'publish', run: newVersionId(), step: record.step, ...done.meta },
      )
    return made.state
  } finally {
    await lake.close()
  }
}

async function newVersion(
  lake: Lake,
  root: string,
  table: string,
  fingerprint: string,
): Promise<{ readonly manifest: string; readonly of: Manifest }> {
  const version = newVersionId()
  const key = `${layout.version('x', table, version)}part-0.parquet`
  const file = path.join(root, 'storage/lake', key)
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, version)
  const bytes = version.length
  const of: Manifest = {
    format: 1,
    table,
    version,
    notebook: 'notebooks/x.ts',
    fingerprint,
    createdAt: '2026-01-01T00:00:00.000Z',
    engine: 'duckdb',
    columns: [{ name: 'id', type: 'BIGINT', nullable: false }],
    key: [],
    rows: 1,
    bytes,
    files: [{ key, bytes, rows: 1, hash: await hashFile(file) }],
    stats: {},
  }
  const manifest = layout.manifest('x', table, version)
  await lake.manifests.write(manifest, of)
  return { manifest, of }
}
