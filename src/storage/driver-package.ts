import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ProblemError } from '../base/problem.ts'
import type { Problem } from '../base/problem.ts'

/**
 * Loads the SDK of a cloud, which the project installs when it needs it. Throws a ProblemError
 * `storage/package-missing` that says what to type.
 */
export function driverPackage<T>(project: string, storage: string, name: string): Promise<T> {
  return projectPackage<T>(project, name, {
    code: 'storage/package-missing',
    message: `storage '${storage}' needs the package ${name}, which is not installed`,
    where: { file: `storage/${storage}.yaml` },
  })
}

/**
 * Loads a package that a project installs when it needs it: its own copy first, then what lies beside Sluice.
 * Throws the Problem that is given, with what to type, when there is none.
 */
export async function projectPackage<T>(project: string, name: string, missing: Problem): Promise<T> {
  const near = createRequire(join(project, 'package.json'))
  try {
    return (await loaded(pathToFileURL(near.resolve(name)).href)) as T
  } catch (error) {
    if (!isMissing(error, name)) throw error
  }
  try {
    return (await loaded(name)) as T
  } catch (error) {
    if (!isMissing(error, name)) throw error
    throw new ProblemError({ ...missing, hint: `npm install ${name}` })
  }
}

/** A package of CommonJS has its exports whole only under `default`. */
async function loaded(specifier: string): Promise<unknown> {
  const module = (await import(specifier)) as { readonly default?: unknown }
  return module.default ?? module
}

/** Whether the package itself is missing, not one that it needs. */
function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false
  const missing = error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_MODULE_NOT_FOUND'
  return missing && error.message.includes(`'${name}'`)
}
