import { beginsFrom } from '../flow/environment-name.ts'
import { beginFrom, isEmpty } from '../lake/begin.ts'
import { pointersTo } from '../lake/pointers.ts'
import type { EnvState, Head, StepRecord } from '../lake/types.ts'
import type { EventStream } from './event-stream.ts'
import type { Workspace } from './workspace.ts'

/**
 * Begins the environment of a run as pointers to another one's heads, where `sluice.yaml` says so and it holds
 * nothing yet. Costs nothing where nothing is said.
 */
export async function beginConfigured(workspace: Workspace, events: EventStream): Promise<void> {
  const { env, envName, lake, project } = workspace
  const from = beginsFrom(project.config, envName)
  if (from === undefined || !isEmpty(await env.state()) || isEmpty(await lake.env(from).state())) return
  const state = await beginFrom(lake, lake.env(from), env, events.run)
  if (state.origin === undefined) return
  const { size } = state.heads
  events.emit({
    event: 'notice',
    level: 'info',
    message: `environment '${envName}' begins as ${from} at commit ${state.origin.commit}: ${size} ${size === 1 ? 'table' : 'tables'}`,
  })
}

/** The state that a run would begin with, for commands that only look. */
export async function stateToBegin({ env, envName, lake, project }: Workspace): Promise<EnvState> {
  const state = await env.state()
  const from = isEmpty(state) ? beginsFrom(project.config, envName) : undefined
  if (from === undefined) return state
  const source = await lake.env(from).state()
  const { heads, steps } = pointersTo(source)
  const commit = 0
  return {
    env: envName,
    commit,
    heads: new Map(Object.entries(heads).map(([name, head]) => [name, { ...head, seq: 1, commit } as Head])),
    steps: new Map(Object.entries(steps).map(([key, record]) => [key, { ...record, commit } as StepRecord])),
    origin: { env: from, commit: source.commit },
  }
}
