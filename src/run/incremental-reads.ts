import { changesHandle, changesOf } from '../contract/changes.ts'
import type { IncrementalRequest } from '../engine/held-rows.ts'

/**
 * Why all must be computed anew, seeing which relations a step has read: an input that changed counts only when it
 * is read by its changes. Where rows are appended, it may not be read whole too: what was written before can depend
 * on rows that came later. Undefined when nothing is against it.
 */
export function wrongReads(
  { mode, full, changed }: IncrementalRequest,
  reads: ReadonlySet<string>,
): string | undefined {
  if (full) return undefined
  for (const { handle, name } of changed) {
    const sides = [changesHandle(handle, 'added'), changesHandle(handle, 'removed')]
    if (!sides.some((side) => reads.has(side))) return `${name} changed, and is not read by changes()`
    if (mode === 'append' && reads.has(handle)) return `${name} changed, and is also read whole`
  }
  return undefined
}

/** The inputs that were read by their changes, in order. */
export function readByChanges(reads: Iterable<string>): string[] {
  const handles = [...reads].flatMap((handle) => changesOf(handle)?.handle ?? [])
  return [...new Set(handles)].toSorted()
}
