import { unlessProblem, type Problem } from '../base/problem.ts'
import { keysOfHead } from '../lake/head-files.ts'
import { verifyLake, type VerifyReport } from '../lake/verify-lake.ts'
import { closeAll } from './close-all.ts'
import { distrustedKeys, keepDistrusted } from './distrusted.ts'
import type { ProjectOptions } from './options.ts'
import { forgetRest } from './rest.ts'
import { openWorkspace, type Workspace } from './workspace.ts'

export interface VerifyOptions extends ProjectOptions {
  /** Tables to look at; all when left out. */
  readonly tables?: readonly string[]
  /** Looks at all versions in the logs, not at the heads alone. */
  readonly history?: boolean
  readonly signal?: AbortSignal
  readonly onVersion?: (table: string, done: number, all: number) => void
}

export interface VerifyResult extends VerifyReport {
  readonly where: string
  /** Everything that is damaged. */
  readonly problems: readonly Problem[]
}

/**
 * Reads all that a lake holds and compares it with its checksums. Heads that are damaged are stale from now on,
 * whatever the stats of their files say: the next run writes them again.
 *
 * @param options `env`: only this environment; all of the lake when left out
 */
export async function verify(options: VerifyOptions = {}): Promise<VerifyResult> {
  const workspace = await openWorkspace(options)
  try {
    const suspects = distrustedKeys(workspace.root, workspace.lake.id)
    const report = await verifyLake(workspace.lake, {
      suspects,
      ...(options.env !== undefined && { envs: [workspace.envName] }),
      ...(options.tables && { tables: options.tables }),
      ...(options.history && { history: true }),
      ...(options.signal && { signal: options.signal }),
      ...(options.onVersion && { onVersion: options.onVersion }),
    })
    await distrust(workspace, report)
    return { ...report, where: workspace.lake.storage.place, problems: problemsIn(report) }
  } finally {
    await closeAll(workspace)
  }
}

function problemsIn({ logProblems, damaged, spare }: VerifyReport): Problem[] {
  const told = new Map<string, Problem>()
  for (const problem of [...logProblems, ...damaged.flatMap(({ problems }) => problems), ...spare.problems])
    told.set(problem.message, problem)
  return [...told.values()]
}

/** A disk that fails changes bytes and no stats: what is known of the files of damaged versions is forgotten. */
async function distrust({ lake, index, root }: Workspace, report: VerifyReport): Promise<void> {
  const { damaged } = report
  keepDistrusted(root, lake.id, report)
  if (damaged.length === 0) return
  for (const { head } of damaged) {
    const keys = (await unlessProblem(() => keysOfHead(lake.storage, head))) ?? [head.manifest]
    for (const key of keys) {
      const local = lake.storage.pathOf(key)
      if (local !== undefined) index.forget(local)
    }
  }
  forgetRest(root)
}
