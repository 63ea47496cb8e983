import { existsSync } from 'node:fs'
import path from 'node:path'
import { sha256 } from '../base/digest.ts'
import { readJsonFile, writeJsonFile } from '../base/json-file.ts'
import { elsewhereOf, type Elsewhere } from '../connect/elsewhere.ts'
import { engineVersion } from '../engine/version.ts'
import { environmentOf } from '../flow/environment-name.ts'
import { cacheFolder, findProject, type Project } from '../flow/project.ts'
import type { Environment } from '../lake/environment.ts'
import { openLake, type Lake } from '../lake/lake.ts'
import { openIndex } from '../notebook/open-index.ts'
import type { StatIndex } from '../notebook/stat-index.ts'
import { openStorage, readStorageConfig, type StorageConfig } from '../storage/config.ts'
import { distrustedKeys } from './distrusted.ts'
import type { ProjectOptions } from './options.ts'
import { readFileSync } from 'node:fs'

/** A project with what is known of its code: enough to say what it declares. */
export interface CodeSpace {
  readonly project: Project
  readonly root: string
  /** What is known of the files of code; opened when the kept declarations do not do. */
  readonly codeIndex: () => StatIndex
}

/** A project with its lake and one environment, opened. */
export interface Workspace extends CodeSpace {
  readonly lake: Lake
  readonly envName: string
  readonly env: Environment
  /** What is known of the files of sources and outputs. */
  readonly index: StatIndex
  /** Sources that are no files of this machine. */
  readonly elsewhere: Elsewhere
  /** Name and version of the engine, known without loading it. */
  readonly engine: string
  close(): Promise<void>
}

/**
 * Opens a project's lake. It is on the way of a run with nothing to do, so it loads no YAML parser and no
 * schema when the configuration is the one it knows.
 */
export async function openWorkspace(
  options: ProjectOptions & { readonly signal?: AbortSignal } = {},
): Promise<Workspace> {
  const project = await findProject(options.projectRoot)
  const envName = environmentOf(project, options.env)
  const storage = await storageOf(project, options.storage ?? project.config.storage)
  const caches = path.join(project.root, cacheFolder)
  const index = openIndex(dataIndex(project))
  const lake = await openLake(storage, { index: () => index })
  lake.distrust(distrustedKeys(project.root, lake.id))
  let code: StatIndex | undefined
  return {
    project,
    root: project.root,
    lake,
    envName,
    env: lake.env(envName),
    index,
    elsewhere: elsewhereOf({
      root: project.root,
      connections: project.config.connections,
      hashOf: (file) => index.contentHash(file),
      ...(options.signal && { signal: options.signal }),
      ...(options.onReading && { reading: options.onReading }),
    }),
    codeIndex: () => (code ??= openIndex(path.join(caches, 'code'))),
    engine: engineVersion(),
    async close() {
      index.save()
      code?.save()
      await lake.close()
    },
  }
}

/** The folder of what is known of the files of sources and of the lake. */
export function dataIndex({ root }: Project): string {
  return path.join(root, cacheFolder, 'data')
}

/** Opens a storage of a project by its name. */
export async function storageOf(project: Project, name: string) {
  const file = path.join(project.root, 'storage', `${name}.yaml`)
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const cache = path.join(project.root, cacheFolder, `storage-${sha256(name).slice(0, 12)}.json`)
  const key = sha256(`2\n${project.root}\n${text}`)
  const known = readJsonFile<{ key: string; config: StorageConfig }>(cache)
  // References stand in it as they were written: it holds no secret.
  if (known?.key === key) return openStorage(known.config)
  const config = await readStorageConfig(project.root, name)
  writeJsonFile(cache, { key, config })
  return openStorage(config)
}
