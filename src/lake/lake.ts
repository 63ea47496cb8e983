import { segmentFault } from '../base/names.ts'
import { ProblemError } from '../base/problem.ts'
import { clockOf, environment } from './environment.ts'
import type { Clock } from './commit.ts'
import type { Environment, EnvironmentOptions } from './environment.ts'
import { environmentsIn } from './environments.ts'
import { createInfo, readInfo } from './lake-info.ts'
import type { LakeInfo } from './lake-info.ts'
import { manifestsIn } from './manifest.ts'
import type { Manifests } from './manifest.ts'
import { runsIn } from './runs.ts'
import { soundVersions } from './sound.ts'
import type { HashIndex, SoundVersions } from './sound.ts'
import type { Runs } from './runs.ts'
import { stepCacheIn } from './step-cache.ts'
import type { StepCache } from './step-cache.ts'
import { hashFile } from '../base/file-hash.ts'
import { steadyStorage } from '../storage/steady.ts'
import type { Storage } from '../storage/storage.ts'

/** Tables over a storage: environments, manifests, the shared cache of steps and the records of runs. */
export interface Lake extends LakeInfo, SoundVersions {
  /** Calls that failed for a moment are made again; see `storage/steady.ts`. */
  readonly storage: Storage
  readonly clock: Clock
  /** An environment by name; it need not have commits yet. Throws `project/name-invalid`. */
  env(name: string): Environment
  /** The names of the environments that have commits and are not deleted, in order. */
  envs(): Promise<string[]>
  readonly manifests: Manifests
  readonly steps: StepCache
  readonly runs: Runs
  /** Waits for what is still being written, then closes the storage. */
  close(): Promise<void>
}

export interface OpenOptions extends EnvironmentOptions {
  /** Creates the lake where there is none. Default true. */
  readonly create?: boolean
  /** Remembers hashes of files; asked for at the first file. Without one they are remembered by the process. */
  readonly index?: () => HashIndex
}

/**
 * Opens the lake in a storage: one small read. Throws `storage/format` for a lake of a newer format,
 * `storage/no-put-if-absent` where a new lake would not be safe, `storage/unavailable` where there is none.
 */
export async function openLake(opened: Storage, options: OpenOptions = {}): Promise<Lake> {
  const clock = clockOf(options)
  const storage = steadyStorage(opened, clock.pause)
  const info = (await readInfo(storage)) ?? (await newInfo(storage, clock, options.create))
  const environments = new Map<string, Environment>()
  function env(name: string): Environment {
    const known = environments.get(name) ?? environment({ storage, env: checkedName(name) }, options)
    environments.set(name, known)
    return known
  }
  const manifests = manifestsIn(storage, clock.pause)
  return {
    ...info,
    ...soundVersions(storage, manifests, options.index ?? (() => plainHashes)),
    storage,
    clock,
    env,
    envs: () => environmentsIn(storage),
    manifests,
    steps: stepCacheIn(storage),
    runs: runsIn(storage, options.now),
    async close() {
      await Promise.all(Array.from(environments.values(), (each) => each.flush()))
      await storage.close()
    },
  }
}

/** Hashes each time it is asked. */
const plainHashes: HashIndex = {
  contentHash: (path) =>
    hashFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    }),
}

function newInfo(storage: Storage, { now, pause }: Clock, create = true): Promise<LakeInfo> {
  if (!create) throw noLake(storage)
  return createInfo(storage, now(), pause)
}

function checkedName(name: string): string {
  const fault = segmentFault(name)
  if (fault === undefined) return name
  throw new ProblemError({ code: 'project/name-invalid', message: `environment name '${name}' ${fault}` })
}

function noLake(storage: Storage): ProblemError {
  const message = `there is no lake in ${storage.place}`
  const hint = 'run a flow once to create it, or correct `root` in the file under storage/'
  return new ProblemError({ code: 'storage/unavailable', message, hint })
}
