import { problemsOf } from '../base/problem.ts'
import type { StepFindings } from '../freshness/findings.ts'
import { mayBeDeleted } from '../lake/fence.ts'
import type { Head } from '../lake/types.ts'
import type { Lake } from '../lake/lake.ts'
import type { StepCacheEntry } from '../lake/step-cache.ts'
import { headOf } from './publish.ts'

/** What another environment or checkout computed for the same fingerprint. */
export interface Reusable {
  readonly heads: { readonly [table: string]: Omit<Head, 'seq' | 'commit'> }
  readonly entry: StepCacheEntry
}

/**
 * Looks in the shared cache. An entry counts only when it names all outputs and every file is there and whole;
 * otherwise the step is computed, and the entry replaced.
 */
export async function findReusable(
  lake: Lake,
  findings: StepFindings,
): Promise<{ reusable?: Reusable; stale: boolean }> {
  const { entry, damaged } = await lake.steps.get(findings.fingerprint)
  if (!entry) return { stale: damaged }
  const heads: Record<string, Omit<Head, 'seq' | 'commit'>> = {}
  for (const { table } of findings.step.outputs) {
    const head = await wholeHead(lake, entry, table.name)
    if (!head) return { stale: true }
    heads[table.name] = head
  }
  // A cleaning whose mark in the log we have seen already would not make our commit lose a race.
  if (await mayBeDeleted(lake.storage, { heads, steps: {} })) return { stale: true }
  return { reusable: { heads, entry }, stale: false }
}

async function wholeHead(
  lake: Lake,
  entry: StepCacheEntry,
  table: string,
): Promise<Omit<Head, 'seq' | 'commit'> | undefined> {
  const output = entry.outputs[table]
  if (!output) return undefined
  try {
    const manifest = await lake.version(table, output)
    await lake.files(manifest)
    return headOf(manifest, output.manifest)
  } catch (error) {
    if (problemsOf(error)) return undefined
    throw error
  }
}
