import { parseDuration } from '../base/duration.ts'
import { collectGarbage, type GcReport } from '../lake/gc.ts'
import type { ProjectOptions } from './options.ts'
import { openPlace } from './lake-place.ts'

export interface GcCall extends ProjectOptions {
  /** Only says what would be deleted. */
  readonly dryRun?: boolean
  readonly signal?: AbortSignal
}

/** What was kept and deleted, and by which rules. */
export interface GcResult extends GcReport {
  readonly where: string
  /** Lengths of time as the configuration has them, such as `'7d'`. */
  readonly rules: { readonly retain: string; readonly grace: string; readonly runs: string }
}

/**
 * Deletes versions of tables that no environment has had for a while, and what processes that were killed have
 * left. The rules are those of `gc` in `sluice.yaml`. Undefined where there is no lake yet.
 *
 * @throws ProblemError `storage/corrupt` when a log cannot be read: then nothing is deleted
 */
export async function gc(options: GcCall = {}): Promise<GcResult | undefined> {
  const place = await openPlace(options)
  try {
    const rules = place.project.config.gc
    if (place.lake === undefined) return undefined
    const report = await collectGarbage(place.lake, {
      retain: parseDuration(rules.retain) ?? Infinity,
      grace: parseDuration(rules.grace) ?? Infinity,
      keepRuns: parseDuration(rules.runs) ?? Infinity,
      dryRun: options.dryRun ?? false,
      ...(options.signal && { signal: options.signal }),
    })
    return { ...report, where: place.where, rules }
  } finally {
    await place.close()
  }
}
