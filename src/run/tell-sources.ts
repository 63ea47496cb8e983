import type { SourceRead } from '../engine/engine.ts'
import type { DeclaredSource } from '../contract/spec.ts'
import type { StepFindings } from '../freshness/findings.ts'
import type { RunScope } from './scope.ts'

/** Tells what a step read of its sources: files always, rows where they were counted. */
export function tellSources(
  scope: Pick<RunScope, 'emit'>,
  { step, sources }: Pick<StepFindings, 'step' | 'sources'>,
  counted: readonly SourceRead[] = [],
): void {
  for (const [handle, { files, notes = [] }] of sources) {
    for (const message of notes) scope.emit({ event: 'notice', level: 'info', message })
    const input = step.inputs.find((each) => each.handle === handle)
    if (!input) continue
    const { rejecting } = input.origin as DeclaredSource
    const found = counted.find((each) => each.handle === handle)
    scope.emit({
      event: 'source-read',
      step: step.name,
      source: input.name,
      files: files.length,
      ...(found && { rows: found.rows, rejected: found.rejected }),
      ...(rejecting && { rejects: rejecting.table }),
    })
  }
}
