import path from 'node:path'
import { isObject } from '../base/form.ts'
import type { DeclaredStep } from '../flow/declared.ts'
import type { Lake } from '../lake/lake.ts'
import type { EnvState, StepRecord } from '../lake/types.ts'
import type { StatIndex } from '../notebook/stat-index.ts'
import { deliveryKey } from './step-key.ts'
import type { Findings } from './verdict.ts'

/** What a delivery brought to its target; kept as the result of its step. */
export interface Delivered {
  readonly target: string
  readonly rows: number
  /** BLAKE3 of each file that it wrote, by path relative to the project. */
  readonly files?: { readonly [file: string]: string }
}

/**
 * Whether a delivery happens in an environment, and whether its files are what it wrote: on the disk of the project
 * by stat, as those of tables are. What became of a table in a database is not looked at: its ledger is, when the
 * delivery is stale.
 */
export async function lookAtDelivery(
  { root, lake, index }: { readonly root: string; readonly lake: Lake; readonly index: StatIndex },
  { sink, environments = [lake.defaultEnv] }: Pick<DeclaredStep, 'sink' | 'environments'>,
  state: EnvState,
): Promise<Pick<Findings, 'targets' | 'leftOut'>> {
  if (!environments.includes(state.env)) return { leftOut: environments }
  const record = sink && state.steps.get(deliveryKey(sink))
  const targets = new Map<string, 'missing' | 'changed'>()
  for (const [file, hash] of Object.entries(filesOf(record))) {
    const now = await index.contentHash(path.join(root, file))
    if (now !== hash) targets.set(file, now === null ? 'missing' : 'changed')
  }
  return { targets }
}

/** The files that a delivery wrote, as its record says. */
function filesOf(record: Pick<StepRecord, 'result'> | undefined): Readonly<Record<string, string>> {
  const result = record?.result
  const files = isObject(result) ? result['files'] : undefined
  if (!isObject(files)) return {}
  return Object.fromEntries(
    Object.entries(files).flatMap(([file, hash]) => (typeof hash === 'string' ? [[file, hash]] : [])),
  )
}
