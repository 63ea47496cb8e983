import { layout } from '../storage/layout.ts'
import { writeCheckpoint } from '../lake/checkpoint.ts'
import { quarantine } from '../lake/quarantine.ts'
import { closeAll } from './close-all.ts'
import type { RunOptions, RunResult } from './options.ts'
import { repairable, type Repairable } from './repairable.ts'
import { runAgain } from './run.ts'
import { verify, type VerifyResult } from './verify.ts'
import { openWorkspace } from './workspace.ts'

export interface RepairOptions extends RunOptions {
  /** Only says what can be made again. */
  readonly dryRun?: boolean
  /** Looks at earlier versions too. They cannot be made again: they are told. */
  readonly history?: boolean
}

export interface RepairResult {
  readonly found: VerifyResult
  readonly tables: readonly Repairable[]
  /** Checkpoints that were written again. */
  readonly checkpoints: number
  /** Keys that were moved under `quarantine/`. */
  readonly quarantined: readonly string[]
  /** The runs that wrote tables again, by environment; empty for a dry run. */
  readonly runs: readonly RunResult[]
  /** What is still damaged. */
  readonly left: VerifyResult
}

/**
 * Verifies a lake, and runs the steps that write the damaged heads again, in new commits; damaged checkpoints are
 * written from the log, and damaged caches moved out of the way. Log entries, earlier versions, and tables that no
 * step writes, cannot be made again: they are told. A damaged version stays where it is, and is never served.
 *
 * @param options `env`: only this environment; all when left out
 */
export async function repair(options: RepairOptions = {}): Promise<RepairResult> {
  const found = await verify(options)
  const tables = await repairable(options, found)
  if (options.dryRun || found.problems.length === 0)
    return { found, tables, checkpoints: 0, quarantined: [], runs: [], left: found }
  const { checkpoints, quarantined } = await clearAway(options, found)
  const runs: RunResult[] = []
  for (const env of new Set(tables.map((each) => each.env))) {
    const select = tables.filter((each) => each.env === env && each.not === undefined)
    if (select.length === 0) continue
    const names = select.map(({ table }) => table)
    const how = { ...options, env, select: names, keepGoing: true }
    runs.push(await runAgain(undefined, how, undefined, { repairs: true }))
  }
  return { found, tables, checkpoints, quarantined, runs, left: await verify(options) }
}

/** Damaged checkpoints are written anew, for they follow from the log; what can be done without is moved away. */
async function clearAway(
  options: RepairOptions,
  { checkpoints, spare }: VerifyResult,
): Promise<Pick<RepairResult, 'checkpoints' | 'quarantined'>> {
  if (checkpoints.length === 0 && spare.keys.length === 0) return { checkpoints: 0, quarantined: [] }
  const workspace = await openWorkspace(options)
  const { lake } = workspace
  const id = lake.runs.newId()
  const quarantined: string[] = []
  const away = async (key: string) => {
    if (await quarantine(lake.storage, id, key)) quarantined.push(layout.quarantine(id, key))
  }
  try {
    for (const { env, number } of checkpoints) {
      const state = await lake.env(env).state(number)
      await away(layout.checkpoint(env, number))
      await writeCheckpoint({ storage: lake.storage, env }, state)
    }
    for (const key of spare.keys) await away(key)
    return { checkpoints: checkpoints.length, quarantined }
  } finally {
    await closeAll(workspace)
  }
}
