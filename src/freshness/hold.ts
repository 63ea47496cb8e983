import { isHeld } from '../lake/held.ts'
import type { EnvState, FingerprintParts, StepRecord } from '../lake/types.ts'
import type { Reason } from './reason.ts'

/** What was found of a step that a hold depends on. */
interface Found {
  readonly parts: FingerprintParts
  readonly damaged: ReadonlyMap<string, unknown>
  readonly forced: boolean
}

/** Parts of a fingerprint that change by themselves; the others change when somebody edits the project. */
const surroundings = new Set(['input', 'env', 'engine', 'semantics', 'partitions'])

/**
 * Why a step does not run though its tables are not what it would compute: somebody has restored them. Its own
 * code, args and contracts end that when they change; inputs that move do not. Undefined where nothing is held.
 */
export function holding(
  findings: Found,
  record: StepRecord | undefined,
  state: EnvState,
): Reason | undefined {
  if (!record || findings.forced || !isHeld(record, state)) return undefined
  const names = [...new Set([...Object.keys(findings.parts), ...Object.keys(record.parts)])]
  const changed = names.filter((name) => findings.parts[name] !== record.parts[name])
  if (changed.some((name) => !surroundings.has(kindOf(name)))) return undefined
  const tables = Object.keys(record.held ?? {})
  const moved = changed.filter((name) => kindOf(name) === 'input').map((name) => name.slice('input:'.length))
  const damaged = tables.filter((table) => findings.damaged.has(table))
  const notes = [
    `${tables.map((table) => `${table}@${state.heads.get(table)?.seq}`).join(', ')} restored`,
    ...(moved.length > 0 ? [`inputs have changed: ${moved.join(', ')}`] : []),
    ...(damaged.length > 0 ? [`damaged: ${damaged.join(', ')}`] : []),
    `\`sluice release ${tables[0]}\` lets runs write again`,
  ]
  return { word: 'held', detail: notes.join('; ') }
}

function kindOf(part: string): string {
  return part.split(':')[0] ?? part
}
