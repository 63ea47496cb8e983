import type { StepFindings } from '../freshness/findings.ts'
import { filesInHead } from '../lake/head-files.ts'
import { shapeOf } from '../lake/shape.ts'
import type { Head, Manifest } from '../lake/types.ts'

/** A head that a commit is to set, and whether it is the one that stands there already. */
export interface NewHead {
  readonly head: Omit<Head, 'seq' | 'commit'>
  readonly unchanged: boolean
}

/** A head whose version stays, as the step leaves it. */
export function keptHead(before: Head, { fingerprint, step }: StepFindings): NewHead {
  const { seq: _seq, commit: _commit, ...head } = before
  return { head: { ...head, fingerprint, notebook: step.file }, unchanged: true }
}

/** The head that a manifest gives. */
export function headOf(manifest: Manifest, key: string): Omit<Head, 'seq' | 'commit'> {
  const { version, notebook, fingerprint, rows, bytes, files } = manifest
  return {
    version,
    manifest: key,
    notebook,
    fingerprint,
    rows,
    bytes,
    ...filesInHead(files),
    shape: shapeOf(manifest),
  }
}
