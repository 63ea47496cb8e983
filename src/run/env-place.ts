import { ProblemError } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { segmentFault } from '../base/names.ts'
import { isProtected } from '../flow/environment-name.ts'
import { isEmpty } from '../lake/begin.ts'
import type { Lake } from '../lake/lake.ts'
import type { EnvState } from '../lake/types.ts'
import { openPlace, type LakePlace } from './lake-place.ts'
import type { ProjectOptions } from './options.ts'

/** A project and its lake, for what moves pointers between environments. */
export interface EnvPlace extends LakePlace {
  readonly lake: Lake
}

/** Where a project is, and which of its storages is meant; environments are named apart. */
export type PlaceOptions = Omit<ProjectOptions, 'env'>

/** Opens the lake of a project. Throws `project/unknown` where nothing was ever written. */
export async function openEnvPlace(options: PlaceOptions): Promise<EnvPlace> {
  const place = await openPlace(options)
  if (place.lake !== undefined) return { ...place, lake: place.lake }
  await place.close()
  throw new ProblemError({
    code: 'project/unknown',
    message: `there are no environments yet: nothing was ever written (in ${place.where})`,
    hint: '`sluice run` writes the first',
  })
}

/** The newest state of an environment that holds something; `project/unknown` with what was meant for any other. */
export async function stateOf({ lake, where }: EnvPlace, name: string): Promise<EnvState> {
  checkName(name)
  const state = await lake.env(name).state()
  if (!isEmpty(state)) return state
  const known = await lake.envs()
  throw new ProblemError({
    code: 'project/unknown',
    message: known.includes(name)
      ? `environment '${name}' holds nothing yet (in ${where})`
      : `there is no environment '${name}' (in ${where})`,
    hint:
      didYouMean(name, known) ??
      `\`sluice run --env ${name}\` makes it, and so does \`sluice env create ${name}\``,
  })
}

/** Throws `project/name-invalid` for a name that no environment can have. */
export function checkName(name: string): void {
  const fault = segmentFault(name)
  if (fault !== undefined)
    throw new ProblemError({ code: 'project/name-invalid', message: `environment name '${name}' ${fault}` })
}

/** Throws `env/protected` for a protected environment: those change by runs, promotes and rollbacks. */
export function checkUnprotected({ project }: EnvPlace, name: string, what: string, hint: string): void {
  if (!isProtected(project.config, name)) return
  throw new ProblemError({
    code: 'env/protected',
    message: `the environment '${name}' is protected: it cannot be ${what}`,
    hint,
  })
}
