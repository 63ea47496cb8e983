import path from 'node:path'
import { sha256 } from '../base/digest.ts'
import { readJsonFile, writeJsonFile } from '../base/json-file.ts'
import { cacheFolder } from '../flow/project.ts'
import type { VerifyReport } from '../lake/verify-lake.ts'

/**
 * The keys that `sluice verify` found damaged where no look at a file tells it: in a bucket, and in versions of very
 * many files. Runs take them for damaged until a verify finds them whole.
 */
export function distrustedKeys(root: string, lake: string): readonly string[] {
  const kept = readJsonFile<unknown>(fileOf(root, lake))
  return Array.isArray(kept) ? kept.filter((key) => typeof key === 'string') : []
}

/** Keeps what a verify has found damaged, beside what was known and it has not found whole. */
export function keepDistrusted(
  root: string,
  lake: string,
  { damagedKeys, cleared }: Pick<VerifyReport, 'damagedKeys' | 'cleared'>,
): void {
  const before = distrustedKeys(root, lake)
  const whole = new Set(cleared)
  const now = [...new Set([...before, ...damagedKeys])].filter((key) => !whole.has(key)).toSorted()
  if (now.join('\n') !== before.join('\n')) writeJsonFile(fileOf(root, lake), now)
}

function fileOf(root: string, lake: string): string {
  return path.join(root, cacheFolder, 'damaged', `${sha256(lake).slice(0, 24)}.json`)
}
