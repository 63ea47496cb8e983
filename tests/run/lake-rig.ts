import { mkdir, mkdtemp, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { onTestFinished } from 'vitest'
import { hashFile } from '../../src/base/file-hash.ts'
import { openLake } from '../../src/lake/lake.ts'
import type { ColumnShape, Manifest } from '../../src/lake/types.ts'
import { newVersionId } from '../../src/lake/version-id.ts'
import { layout } from '../../src/storage/layout.ts'
import { localStorage } from '../../src/storage/local.ts'

/** A project without flows, whose lake tests fill by hand. Gone after the test. */
export async function emptyProject(): Promise<string> {
  const root = await realpath(await mkdtemp(path.join(tmpdir(), 'sluice-lake-')))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  await writeFile(path.join(root, 'sluice.yaml'), 'env: dev\n')
  return root
}

export interface PublishOptions {
  readonly env?: string
  readonly key?: readonly string[]
  /** Tables that a step is said to write, this one among them; their heads are outputs of its record. */
  readonly step?: readonly string[]
}

/** Commits a version of a table with the rows of a query. */
export async function publishTable(
  root: string,
  table: string,
  columns: readonly ColumnShape[],
  query: string,
  { env: envName = 'dev', key: promised = [], step }: PublishOptions = {},
): Promise<string> {
  const lake = await openLake(localStorage(path.join(root, 'storage/lake')))
  const version = newVersionId()
  const folder = `notebooks/${table.replaceAll('.', '/')}`
  const key = `${layout.version(folder, table, version)}part-0.parquet`
  const file = path.join(root, 'storage/lake', key)
  await mkdir(path.dirname(file), { recursive: true })
  const rows = await copied(query, file)
  const bytes = (await stat(file)).size
  const manifestKey = layout.manifest(folder, table, version)
  const notebook = `${folder}.ts`
  const manifest: Manifest = {
    format: 1,
    table,
    version,
    notebook,
    fingerprint: 'ab'.repeat(32),
    createdAt: '2026-01-01T00:00:00.000Z',
    engine: 'duckdb',
    columns,
    key: promised,
    rows,
    bytes,
    files: [{ key, bytes, rows, hash: await hashFile(file) }],
    stats: {},
  }
  await lake.manifests.write(manifestKey, manifest)
  const head = { version, manifest: manifestKey, notebook, fingerprint: manifest.fingerprint, rows, bytes }
  const env = lake.env(envName)
  const base = await env.state()
  const before = step?.map((each) => [each, base.heads.get(each)?.version ?? ''] as const) ?? []
  const outputs = { ...Object.fromEntries(before), [table]: version }
  const record = {
    step: 'by_hand',
    flow: 'none',
    notebook,
    fingerprint: manifest.fingerprint,
    parts: {},
    outputs,
  }
  const steps = step ? { [step.join(',')]: { ...record, computedAt: manifest.createdAt } } : {}
  await env.tryCommit(
    base,
    { heads: { [table]: { ...head, files: [{ key, bytes }] } }, steps },
    {
      kind: 'publish',
      run: lake.runs.newId(),
      step: 'by_hand',
    },
  )
  await lake.close()
  return version
}

async function copied(query: string, file: string): Promise<number> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const done = await connection.run(`COPY (${query}) TO '${file}' (FORMAT parquet)`)
  const rows = Number((await done.getRows())[0]?.[0])
  connection.closeSync()
  instance.closeSync()
  return rows
}
