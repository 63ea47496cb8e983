import { isObject } from '../base/form.ts'
import type { Json } from '../base/wire.ts'
import type { LogEntry } from '../lake/types.ts'

/**
 * What a commit keeps of a step beside its fingerprint, so that `explain` can name what changed and not only
 * that something did. Values of `env` are kept as digests: they may be private.
 */
export interface StepDetail {
  readonly symbols: { readonly [symbol: string]: string }
  readonly packages: readonly string[]
  readonly args: Json
  /** Hashes of the files of sources, by handle. */
  readonly sources: { readonly [handle: string]: { readonly [file: string]: string } }
  /** Type and nullability of columns, by `in:<handle>` and `out:<table>`; checks by `checks:<table>`. */
  readonly contracts: { readonly [name: string]: { readonly [column: string]: string } }
  /** `table@seq` of each input table. */
  readonly tables: { readonly [handle: string]: string }
}

/** The detail that a commit kept of a step, or undefined where it kept none. A commit of a whole run keeps many. */
export function detailIn(entry: LogEntry, step: string): StepDetail | undefined {
  const kept =
    isObject(entry.detail) && isObject(entry.detail['steps']) ? entry.detail['steps'][step] : entry.detail
  return isObject(kept) && 'symbols' in kept && 'contracts' in kept
    ? (kept as unknown as StepDetail)
    : undefined
}
