import { emptyRecord } from '../base/record.ts'
import { unlessProblem } from '../base/problem.ts'
import type { StepFindings } from '../freshness/findings.ts'
import { mayBeDeleted } from '../lake/fence.ts'
import type { Lake } from '../lake/lake.ts'
import { sealOf } from '../lake/sealed.ts'
import type { CachedVersion, StepCacheEntry } from '../lake/step-cache.ts'
import type { Head, Manifest } from '../lake/types.ts'
import { headOf } from './new-head.ts'
import { isProven } from './reuse-proof.ts'

/** What another environment or checkout computed for the same fingerprint. */
export interface Reusable {
  readonly heads: { readonly [table: string]: Omit<Head, 'seq' | 'commit'> }
  readonly entry: StepCacheEntry
}

/**
 * Looks in the shared cache. An entry counts only when it names all outputs, every file is there and whole, and
 * something beside it says the same; otherwise the step is computed, and the entry replaced.
 */
export async function findReusable(
  lake: Lake,
  findings: StepFindings,
): Promise<{ reusable?: Reusable; stale: boolean }> {
  const { entry, damaged } = await lake.steps.get(findings.fingerprint)
  if (!entry) return { stale: damaged }
  const heads = emptyRecord<Omit<Head, 'seq' | 'commit'>>()
  const manifests: Manifest[] = []
  for (const { table } of findings.step.outputs) {
    const output = entry.outputs[table.name]
    const manifest = output && (await wholeVersion(lake, table.name, output))
    if (!manifest) return { stale: true }
    heads[table.name] = headOf(manifest, output.manifest)
    manifests.push(manifest)
  }
  // A cleaning whose mark in the log we have seen already would not make our commit lose a race.
  if (await mayBeDeleted(lake.storage, { heads, steps: {} })) return { stale: true }
  return (await isProven(lake, entry, manifests))
    ? { reusable: { heads, entry }, stale: false }
    : { stale: true }
}

/** The manifest that an entry names, when it is the one that was meant and all its files are whole. */
async function wholeVersion(lake: Lake, table: string, output: CachedVersion): Promise<Manifest | undefined> {
  return unlessProblem(async () => {
    const manifest = await lake.version(table, output)
    if (output.checksum !== undefined && output.checksum !== sealOf(manifest)) return undefined
    await lake.files(manifest)
    return manifest
  })
}
