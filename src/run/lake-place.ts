import { environmentOf } from '../flow/environment-name.ts'
import { findProject } from '../flow/project.ts'
import type { Project } from '../flow/project.ts'
import { readInfo } from '../lake/lake-info.ts'
import { openLake } from '../lake/lake.ts'
import type { Lake } from '../lake/lake.ts'
import type { EnvState } from '../lake/types.ts'
import type { ProjectOptions } from './options.ts'
import { openIndex } from '../notebook/open-index.ts'
import type { StatIndex } from '../notebook/stat-index.ts'
import { dataIndex, storageOf } from './workspace.ts'

/** A lake that is only read, and one of its environments. */
export interface LakePlace {
  readonly project: Project
  readonly envName: string
  /** Where the tables are, for people. */
  readonly where: string
  /** Undefined where nothing was ever written: looking creates nothing. */
  readonly lake: Lake | undefined
  /** The newest state; undefined when the environment was never written. */
  state(): Promise<EnvState | undefined>
  close(): Promise<void>
}

/** Opens the lake of a project for reading. Throws ProblemErrors as `findProject` and the storage do. */
export async function openPlace(options: ProjectOptions): Promise<LakePlace> {
  const project = await findProject(options.projectRoot)
  const envName = environmentOf(project, options.env, { reads: true })
  const storage = await storageOf(project, options.storage ?? project.config.storage)
  const there = (await readInfo(storage)) !== undefined
  let opened: StatIndex | undefined
  const index = () => (opened ??= openIndex(dataIndex(project)))
  const lake = there ? await openLake(storage, { create: false, index }) : undefined
  return {
    project,
    envName,
    where: storage.place,
    lake,
    async state() {
      const state = await lake?.env(envName).state()
      return state === undefined || state.commit === 0 ? undefined : state
    },
    async close() {
      // What was found good is so for the next process too; where nothing may be written, each finds out.
      opened?.save()
      await (lake ?? storage).close()
    },
  }
}
