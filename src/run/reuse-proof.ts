import { digestOf } from '../base/digest.ts'
import { unlessProblem } from '../base/problem.ts'
import type { Lake } from '../lake/lake.ts'
import type { StepCacheEntry } from '../lake/step-cache.ts'
import type { Manifest, StepRecord } from '../lake/types.ts'

/**
 * Whether something beside an entry of the shared cache says that its versions are what its fingerprint gives:
 * the commit that published them, or, where there is none (a run that broke off before it published as a whole),
 * manifests that were written for this fingerprint. A commit that says otherwise proves that the entry is wrong.
 */
export async function isProven(
  lake: Lake,
  entry: StepCacheEntry,
  manifests: readonly Manifest[],
): Promise<boolean> {
  const record = await witness(lake, entry)
  if (record) return sayTheSame(record, entry)
  return manifests.every(({ fingerprint }) => fingerprint === entry.fingerprint)
}

/** The record of the step in the commit that the entry names; undefined where that commit tells nothing of it. */
async function witness(lake: Lake, { by, fingerprint }: StepCacheEntry): Promise<StepRecord | undefined> {
  if (by?.commit === undefined) return undefined
  const entry = await unlessProblem(() => lake.env(by.env).entry(by.commit ?? 0))
  const records = Object.values(entry?.steps ?? {})
  return records.find((record) => record?.fingerprint === fingerprint) ?? undefined
}

function sayTheSame({ outputs, result }: StepRecord, entry: StepCacheEntry): boolean {
  const tables = Object.entries(entry.outputs)
  return (
    tables.every(([table, { version }]) => outputs[table] === version) &&
    digestOf(result ?? null) === digestOf(entry.result ?? null)
  )
}
