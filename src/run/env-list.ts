import { environmentOf, isProtected } from '../flow/environment-name.ts'
import type { Environment } from '../lake/environment.ts'
import type { CommitRef } from '../lake/types.ts'
import type { PlaceOptions } from './env-place.ts'
import { openPlace } from './lake-place.ts'

/** An environment of a lake, for lists. */
export interface EnvironmentInfo {
  readonly name: string
  /** The number of its last commit. */
  readonly commit: number
  readonly tables: number
  /** When it last changed, ISO 8601; cleanings are no change. */
  readonly changedAt?: string
  /** The environment that it was begun from, or brought up to, and that one's commit. */
  readonly origin?: CommitRef
  /** A command that says no environment means this one. */
  readonly current: boolean
  readonly protected: boolean
  readonly promoteOnly: boolean
}

/** The environments of a lake by name; none where nothing was ever written. */
export async function environments(options: PlaceOptions = {}): Promise<EnvironmentInfo[]> {
  const place = await openPlace(options)
  try {
    const { lake, project } = place
    if (lake === undefined) return []
    const current = environmentOf(project, undefined, { reads: true })
    const names = await lake.envs()
    return await Promise.all(
      names.map(async (name) => {
        const { commit, heads, origin } = await lake.env(name).state()
        const changedAt = await lastChange(lake.env(name))
        return {
          name,
          commit,
          tables: heads.size,
          ...(changedAt !== undefined && { changedAt }),
          ...(origin && { origin }),
          current: name === current,
          protected: isProtected(project.config, name),
          promoteOnly: project.config.promoteOnly.includes(name),
        }
      }),
    )
  } finally {
    await place.close()
  }
}

async function lastChange(env: Environment): Promise<string | undefined> {
  for await (const { kind, at } of env.history()) if (kind !== 'gc') return at
  return undefined
}
