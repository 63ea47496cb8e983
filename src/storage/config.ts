import { access, readFile, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { segmentFault } from '../base/names.ts'
import { InternalError, ProblemError } from '../base/problem.ts'
import type { Problem } from '../base/problem.ts'
import type { Json } from '../base/wire.ts'
import { faultOf, orAbsent } from './fault.ts'
import { defaultRoot } from './kinds.ts'
import type { StorageKind } from './kinds.ts'
import { localStorage } from './local.ts'
import type { Storage } from './storage.ts'

/**
 * What `storage/<name>.yaml` says, as plain JSON that can be kept in a file: `${env:NAME}` references still
 * stand in it as they were written.
 */
export interface StorageConfig {
  readonly name: string
  readonly kind: StorageKind
  /** The project's folder, absolute: what a `root` that comes from the environment is relative to. */
  readonly project: string
  /** The folder of the lake, absolute unless it starts with a reference; empty for the kind `memory`. */
  readonly root: string
  /** The other keys of the file, as they were written. */
  readonly options: { readonly [option: string]: Json }
}

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
 * message. Throws a ProblemError `storage/config-invalid` that names all variables that are not set.
 */
export async function openStorage(config: StorageConfig): Promise<Storage> {
  const root = resolved(config)
  switch (config.kind) {
    case 'local':
      return localStorage(root, undefined, root === config.root ? root : config.root)
    case 'memory':
      return (await import('./memory.ts')).memoryStorage()
    default:
      throw new InternalError(`storage '${config.name}' is of a kind that cannot be opened`)
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

function resolved(config: StorageConfig): string {
  const problems: Problem[] = []
  const root = config.root.replaceAll(/\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) => {
    const value = process.env[name]
    // An empty value would make the project's own folder the lake.
    if (value !== undefined && value !== '') return value
    problems.push({
      code: 'storage/config-invalid',
      message: `storage '${config.name}': the environment variable ${name}, which 'root' refers to, is not set or empty`,
      where: { file: `storage/${config.name}.yaml` },
      hint: `set ${name}, or write the folder itself`,
    })
    return ''
  })
  if (problems.length > 0) throw new ProblemError(problems)
  return root === config.root ? root : resolve(config.project, root)
}
