import { access, readFile, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { segmentFault } from '../base/names.ts'
import { ProblemError } from '../base/problem.ts'
import type { Problem } from '../base/problem.ts'
import { faultOf, orAbsent } from './fault.ts'
import { defaultRoot } from './kinds.ts'
import type { StorageConfig } from './kinds.ts'
import { localStorage } from './local.ts'
import { resolved } from './references.ts'
import type { Storage } from './storage.ts'

export type { StorageConfig }

/** The file that describes a storage, absolute; `storage/local.yaml` need not exist. Throws `project/name-invalid`. */
export function storageConfigFile(projectRoot: string, name: string): string {
  const fault = segmentFault(name)
  if (fault === undefined) return resolve(projectRoot, 'storage', `${name}.yaml`)
  throw new ProblemError({
    code: 'project/name-invalid',
    message: `the storage name ${JSON.stringify(name)} ${fault}`,
  })
}

/**
 * Reads and checks a storage's file. Without a file, `local` is a lake in `storage/lake`; that answer loads
 * neither zod nor yaml, and one read from a file can be kept for as long as the file does not change.
 * Throws a ProblemError with all that is wrong: `storage/config-invalid`, `project/name-invalid`.
 */
export async function readStorageConfig(projectRoot: string, name: string): Promise<StorageConfig> {
  const file = storageConfigFile(projectRoot, name)
  const project = resolve(projectRoot)
  const text = await textOf(file, project, name)
  if (text === undefined)
    return { name, kind: 'local', project, root: resolve(project, defaultRoot), options: {} }
  const { parseStorageConfig } = await import('./config-form.ts')
  const { kind, root, options } = parseStorageConfig(text, name)
  return {
    name,
    kind,
    project,
    root: root.startsWith('${') || root === '' ? root : resolve(project, root),
    options,
  }
}

/**
 * Opens a storage. References to the process environment are resolved now, and their values appear in no
 * message. Throws a ProblemError `storage/config-invalid` that names all variables that are not set, and
 * `storage/package-missing` where the SDK of a cloud is not installed.
 */
export async function openStorage(config: StorageConfig): Promise<Storage> {
  switch (config.kind) {
    case 'local': {
      const root = resolvedRoot(config)
      return localStorage(root, undefined, root === config.root ? root : config.root)
    }
    case 'memory':
      return (await import('./memory.ts')).memoryStorage()
    case 's3':
    case 'azure':
    case 'gcs':
      return (await import('./remote-open.ts')).openRemote(config, config.kind)
  }
}

/** The text of the file, or undefined when the default applies. */
async function textOf(file: string, project: string, name: string): Promise<string | undefined> {
  try {
    const text = await orAbsent(readFile(file, 'utf8'))
    if (text !== undefined) return text
  } catch (error) {
    throw faultOf(error, join(project, 'storage'), 'read', `${name}.yaml`)
  }
  const yml = await orAbsent(access(file.replace(/\.yaml$/, '.yml')).then(() => true))
  if (yml || name !== 'local') throw new ProblemError(await absentFile(project, name, yml === true))
  return undefined
}

async function absentFile(project: string, name: string, yml: boolean): Promise<Problem> {
  const code = 'storage/config-invalid'
  const file = `storage/${name}.yaml`
  if (yml) return { code, message: `storage/${name}.yml is not read`, hint: `rename it to ${file}` }
  const { didYouMean } = await import('../base/suggest.ts')
  const files = (await orAbsent(readdir(join(project, 'storage')))) ?? []
  const known = files
    .filter((other) => other.endsWith('.yaml'))
    .map((other) => other.slice(0, -'.yaml'.length))
  const hint = didYouMean(name, ['local', ...known])
  return { code, message: `there is no storage '${name}': ${file} does not exist`, hint }
}

function resolvedRoot(config: StorageConfig): string {
  const { root } = resolved(config, { root: config.root })
  return root === config.root ? root : resolve(config.project, root)
}
