import { layout } from '../storage/layout.ts'
import { writeCheckpoint } from '../lake/checkpoint.ts'
import type { VerifyReport } from '../lake/verify-lake.ts'
import { closeAll } from './close-all.ts'
import { declaredFlows } from './lake-declared.ts'
import type { RunOptions, RunResult } from './options.ts'
import { run } from './run.ts'
import { verify, type VerifyResult } from './verify.ts'
import { openWorkspace } from './workspace.ts'

/** What is to be done about one damaged table of an environment. */
export interface Repairable {
  readonly env: string
  readonly table: string
  /** The step that writes it, and its flow; left out when no flow of the project writes it. */
  readonly step?: string
  readonly flow?: string
}

export interface RepairResult {
  readonly found: VerifyResult
  readonly tables: readonly Repairable[]
  /** Checkpoints that were written again. */
  readonly checkpoints: number
  /** The runs that wrote tables again, by environment; empty for a dry run. */
  readonly runs: readonly RunResult[]
  /** What is still damaged. */
  readonly left: VerifyResult
}

/**
 * Verifies the heads of a lake, and runs the steps that write the damaged ones again; damaged checkpoints are
 * written from the log. Log entries, and tables that no step writes, cannot be made again: they are told.
 *
 * @param options `env`: only this environment; all when left out
 */
export async function repair(
  options: RunOptions & { readonly dryRun?: boolean } = {},
): Promise<RepairResult> {
  const found = await verify(options)
  const tables = await repairable(options, found)
  if (options.dryRun || found.problems.length === 0)
    return { found, tables, checkpoints: 0, runs: [], left: found }
  const checkpoints = await rewriteCheckpoints(options, found)
  const runs: RunResult[] = []
  for (const env of new Set(tables.map((each) => each.env))) {
    const select = tables.flatMap((each) => (each.env === env && each.step !== undefined ? [each.table] : []))
    if (select.length > 0) runs.push(await run(undefined, { ...options, env, select, keepGoing: true }))
  }
  return { found, tables, checkpoints, runs, left: await verify(options) }
}

async function repairable(options: RunOptions, { damaged }: VerifyReport): Promise<Repairable[]> {
  const heads = damaged.filter(({ isHead }) => isHead)
  if (heads.length === 0) return []
  const flows = await declaredFlows(options)
  return heads.map(({ env, table }) => {
    for (const flow of flows) {
      const step = flow.steps.find(({ outputs }) => outputs.some((output) => output.table.name === table))
      if (step) return { env, table, step: step.name, flow: flow.name }
    }
    return { env, table }
  })
}

/** The state at a checkpoint follows from the log: the damaged object goes, and a good one takes its place. */
async function rewriteCheckpoints(options: RunOptions, { checkpoints }: VerifyReport): Promise<number> {
  if (checkpoints.length === 0) return 0
  const workspace = await openWorkspace(options)
  const { lake } = workspace
  try {
    for (const { env, number } of checkpoints) {
      const state = await lake.env(env).state(number)
      await lake.storage.delete([layout.checkpoint(env, number)])
      await writeCheckpoint({ storage: lake.storage, env }, state)
    }
    return checkpoints.length
  } finally {
    await closeAll(workspace)
  }
}
