import type { DeclaredInput } from '../flow/declared.ts'
import type { EnvState, StepRecord } from '../lake/types.ts'
import type { Reason } from './reason.ts'
import { judge, type Findings } from './verdict.ts'

/** Which inputs of an incremental step changed since it was last computed, or why it must be computed whole. */
export type IncrementalVerdict = { readonly full: string } | { readonly changed: readonly DeclaredInput[] }

/**
 * Whether an incremental step can go on from what its tables hold: when nothing but inputs changed that it reads by
 * their changes, and its tables are those that it wrote. Pure.
 *
 * @param record what the environment remembers of the step
 */
export function judgeIncremental(
  findings: Findings,
  record: StepRecord | undefined,
  state: EnvState,
): IncrementalVerdict {
  if (!record) return { full: 'first run' }
  const { reasons } = judge(findings, record, state)
  const other = reasons.find(({ word }) => word !== 'input-changed')
  if (other) return { full: because(other) }
  const names = new Set(reasons.map(({ subject }) => subject))
  const changed = findings.step.inputs.filter(({ handle }) => names.has(handle))
  if (changed.length === 0) return { full: 'what changed is not known' }
  for (const { handle, name } of changed) {
    if (record.parts[`input:${handle}`] === 'absent') return { full: `${name} was not there before` }
    if (findings.inputs.get(handle)?.kind === 'absent') return { full: `${name} is absent now` }
    if (record.incremental && !record.incremental.byChanges.includes(handle))
      return { full: `${name} changed, and is not read by changes()` }
  }
  return { changed }
}

/** A reason as a clause: `code changed`, `output changed: gold.daily@3 is not this step's`. */
function because({ word, subject, detail }: Reason): string {
  const about = detail ?? subject
  return `${word.replaceAll('-', ' ')}${about === undefined ? '' : `: ${about}`}`
}
