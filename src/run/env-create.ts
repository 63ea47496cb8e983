import { ProblemError } from '../base/problem.ts'
import { beginsFrom } from '../flow/environment-name.ts'
import { beginFrom, isEmpty } from '../lake/begin.ts'
import { checkName, checkUnprotected, openEnvPlace, stateOf } from './env-place.ts'
import type { EnvPlace, PlaceOptions } from './env-place.ts'

export interface CreateOptions extends PlaceOptions {
  /** The environment to begin from; what `sluice.yaml` says of it, else the default of the lake, when left out. */
  readonly from?: string
}

/** An environment that was begun. */
export interface CreatedEnvironment {
  readonly env: string
  readonly commit: number
  readonly from: string
  /** The commit of `from` whose heads it has. */
  readonly fromCommit: number
  readonly tables: number
}

/**
 * Begins an environment with the heads of another one, in one commit: nothing is copied, and nothing is
 * computed again.
 *
 * @throws ProblemError `env/exists`, `env/protected`, `project/unknown` where there is nothing to begin from
 */
export async function createEnvironment(
  name: string,
  options: CreateOptions = {},
): Promise<CreatedEnvironment> {
  const place = await openEnvPlace(options)
  try {
    checkName(name)
    const { lake, project } = place
    const hint = `\`sluice promote ${options.from ?? '<env>'} --to ${name}\` looks whether all fits together`
    checkUnprotected(place, name, 'begun from another', hint)
    const from = options.from ?? beginsFrom(project.config, name) ?? lake.defaultEnv
    const env = lake.env(name)
    if (!isEmpty(await env.state())) throw exists(name)
    const { commit: asOf } = await stateOf(place, from)
    const run = lake.runs.newId()
    const state = await beginFrom(lake, lake.env(from), env, run)
    if ((await env.entry(state.commit)).run !== run) throw exists(name)
    const fromCommit = state.origin?.commit ?? asOf
    return { env: name, commit: state.commit, from, fromCommit, tables: state.heads.size }
  } finally {
    await place.close()
  }
}

/**
 * Deletes an environment: a commit that removes all its heads. Files and history stay until `sluice gc`.
 * Gives how many tables it had.
 *
 * @throws ProblemError `project/unknown`, `env/protected`
 */
export function deleteEnvironment(name: string, options: PlaceOptions = {}): Promise<number> {
  return onDeletable(name, options, async ({ lake }) => {
    const { heads } = await lake.env(name).state()
    await lake.env(name).remove({ run: lake.runs.newId() })
    return heads.size
  })
}

/** Throws what `deleteEnvironment` would, and deletes nothing: for those who ask first. */
export function checkDeletable(name: string, options: PlaceOptions = {}): Promise<void> {
  return onDeletable(name, options, () => Promise.resolve())
}

async function onDeletable<T>(
  name: string,
  options: PlaceOptions,
  work: (place: EnvPlace) => Promise<T>,
): Promise<T> {
  const place = await openEnvPlace(options)
  try {
    if (!(await place.lake.envs()).includes(name)) await stateOf(place, name)
    const hint = 'take it out of `protected` and `promoteOnly` in sluice.yaml first'
    checkUnprotected(place, name, 'deleted', hint)
    return await work(place)
  } finally {
    await place.close()
  }
}

function exists(name: string): ProblemError {
  return new ProblemError({
    code: 'env/exists',
    message: `there is an environment '${name}' already`,
    hint: `\`sluice env update ${name}\` brings it up to another one; \`sluice env delete ${name}\` deletes it`,
  })
}
