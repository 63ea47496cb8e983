import { deltaSize } from './delta.ts'
import { isDelta } from './log.ts'
import type { Log } from './log.ts'
import { checkFormat, readSealed, seal } from './sealed.ts'
import type { EnvState, Head, StepRecord } from './types.ts'
import { layout } from '../storage/layout.ts'

/** What a new object costs beside its content, in records: keeps small environments from many checkpoints. */
const objectCost = 16

/**
 * Whether a checkpoint of this state pays before the next commit. Since the last one, `n` entries have repeated
 * about `n/2` times the changes so far; when that outweighs a checkpoint, one is written. For `T` tables each
 * commit then writes about `2 * sqrt(T)` records, which is the least for a state that is read from two objects.
 */
export function checkpointDue(state: EnvState): boolean {
  if (state.tail === undefined || state.commit === state.tail.checkpoint) return false
  if (state.damaged !== undefined) return true
  const entries = state.commit - state.tail.checkpoint
  const whole = state.heads.size + state.steps.size + objectCost
  return (entries * deltaSize(state.tail.since)) / 2 >= whole
}

/** Writes the checkpoint of a state. It may be there already: whoever writes it writes the same. */
export async function writeCheckpoint(log: Log, state: EnvState): Promise<void> {
  const bytes = seal({
    format: 1,
    env: state.env,
    commit: state.commit,
    heads: Object.fromEntries(state.heads),
    steps: Object.fromEntries(state.steps),
    gone: Object.fromEntries(state.gone ?? []),
  })
  await log.storage.putIfAbsent(layout.checkpoint(log.env, state.commit), bytes)
}

/** The state that a checkpoint holds, or undefined when it is damaged or missing. */
export async function readCheckpoint(log: Log, number: number): Promise<EnvState | undefined> {
  const key = layout.checkpoint(log.env, number)
  const opened = (await readSealed(log.storage, key))?.opened
  if (opened === undefined || 'fault' in opened) return undefined
  const { value } = opened
  checkFormat(key, value)
  if (value['commit'] !== number || value['env'] !== log.env || !isDelta(value)) return undefined
  return {
    env: log.env,
    commit: number,
    heads: present<Head>(value.heads),
    steps: present<StepRecord>(value.steps),
    gone: new Map(Object.entries(value.gone ?? {})),
  }
}

function present<T>(records: { readonly [key: string]: T | null }): Map<string, T> {
  const result = new Map<string, T>()
  for (const [key, record] of Object.entries(records)) if (record !== null) result.set(key, record)
  return result
}
