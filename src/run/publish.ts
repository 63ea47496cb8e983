import { emptyRecord } from '../base/record.ts'
import path from 'node:path'
import { InternalError } from '../base/problem.ts'
import type { StagedOutput } from '../engine/engine.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import type { StepFindings } from '../freshness/findings.ts'
import type { Manifest } from '../lake/types.ts'
import type { Staging } from './compute.ts'
import { filesKept } from './held-files.ts'
import { headOf, keptHead, type NewHead } from './new-head.ts'
import { publishPartitions } from './publish-partitions.ts'
import { sameRows, type Comparing } from './same-rows.ts'
import type { StandingTable } from './standing.ts'

/**
 * Turns the staged outputs of a step into versions: those whose rows equal the head's keep its version, and what
 * was staged for them is left to be discarded. After this the files lie in their places with their manifests, and no reader sees them until the commit.
 */
export async function publishOutputs(
  around: Comparing,
  findings: StepFindings,
  stagings: readonly Staging[],
  staged: readonly StagedOutput[],
  standing: ReadonlyMap<string, StandingTable>,
): Promise<Record<string, NewHead>> {
  const heads = emptyRecord<NewHead>()
  for (const staging of stagings) {
    const output = staged.find(({ handle }) => handle === staging.handle)
    const table = findings.step.outputs.find(({ handle }) => handle === staging.handle)?.table
    if (!output || !table) throw new InternalError(`output '${staging.handle}' was not staged`)
    heads[staging.table] = await publishOutput(around, findings, staging, output, table, standing)
  }
  return heads
}

async function publishOutput(
  around: Comparing,
  findings: StepFindings,
  staging: Staging,
  output: StagedOutput,
  table: DeclaredTable,
  standing: ReadonlyMap<string, StandingTable>,
): Promise<NewHead> {
  if (output.partitions) {
    const change = { partitions: output.partitions, files: output.files, others: 'go' as const }
    return publishPartitions(around, findings, staging, table, change, standing.get(table.name))
  }
  const before = findings.state.heads.get(table.name)
  const columns = table.columns.map(({ name, type, nullable }) => ({ name, type, nullable }))
  const files = output.files.map(({ name }) => path.join(staging.folder, name))
  const held = output.kept && before && (await around.lake.version(table.name, before))
  const kept = held && output.kept ? filesKept(held, output.kept) : []
  const stay = held ? await around.lake.files({ ...held, files: kept }) : []
  const isHeld = held !== undefined && output.files.length === 0 && kept.length === held.files.length
  // A head whose files are damaged is never kept: its rows are not what its manifest says.
  if (
    before &&
    !findings.damaged.has(table.name) &&
    (isHeld || (await sameRows(around, table.name, before, columns, table.key, output, [...stay, ...files])))
  ) {
    return keptHead(before, findings)
  }
  const names = output.files.map(({ name }) => name)
  await around.lake.storage.publish(staging.folder, staging.prefix, names)
  const manifest: Manifest = {
    format: 1,
    table: table.name,
    version: staging.version,
    notebook: findings.step.file,
    fingerprint: findings.fingerprint,
    createdAt: new Date().toISOString(),
    engine: around.engine,
    columns,
    key: table.key,
    rows: output.rows,
    bytes: output.bytes,
    files: [
      ...kept,
      ...output.files.map(({ name, ...file }) => ({
        key: `${staging.prefix}${name}`,
        ...file,
        ...(kept.length > 0 && output.fileStats && { stats: output.fileStats }),
      })),
    ],
    stats: output.stats,
  }
  const key = `${staging.prefix}manifest.json`
  await around.lake.manifests.write(key, manifest)
  return { head: headOf(manifest, key), unchanged: false }
}
