import { ProblemError } from '../base/problem.ts'
import type { Environment } from './environment.ts'
import type { Lake } from './lake.ts'
import { pinnedState, removePin } from './pins.ts'
import { pointersTo } from './pointers.ts'
import type { EnvState } from './types.ts'

/** Whether an environment holds nothing: it was never written, or is deleted. */
export function isEmpty({ heads, steps }: EnvState): boolean {
  return heads.size === 0 && steps.size === 0
}

/**
 * Begins an empty environment as pointers to all that another one holds, in one commit of kind `create`: nothing
 * is copied. Gives its state; that of whoever was first, where others begin it too. A cleaning does not know of
 * an environment without commits, so what it will hold is pinned meanwhile.
 */
export async function beginFrom(
  lake: Lake,
  source: Environment,
  target: Environment,
  run: string,
): Promise<EnvState> {
  try {
    const state = await pinnedState(lake.storage, source, run)
    const base = await target.state()
    if (!isEmpty(base)) return base
    const origin = { env: source.name, commit: state.commit }
    const changes = pointersTo(state)
    const done = await target.commit(base, changes, { kind: 'create', run, source: origin, origin }, (now) =>
      isEmpty(now) ? changes : { adopt: true },
    )
    if (done.committed || done.adopted) return done.state
    throw new ProblemError({
      code: 'storage/commit-conflict',
      message: `a cleaning is deleting versions that environment '${source.name}' had when '${target.name}' was to begin`,
      hint: 'nothing was changed; say it again',
    })
  } finally {
    await removePin(lake.storage, run)
  }
}
