import { realpathSync } from 'node:fs'
import path from 'node:path'
import { ProblemError } from '../base/problem.ts'
import { findProject } from '../flow/project.ts'
import { copyLake } from '../lake/copy-lake.ts'
import type { CopyOptions, CopyReport } from '../lake/copy-types.ts'
import { openLake } from '../lake/lake.ts'
import { verifyLake, type VerifyReport } from '../lake/verify-lake.ts'
import { localStorage } from '../storage/local.ts'
import type { Storage } from '../storage/storage.ts'
import { closeAll } from './close-all.ts'
import { storageOf } from './workspace.ts'

export interface CopyCall extends CopyOptions {
  readonly projectRoot?: string
  /** Reads all that the target holds afterwards, and compares it with its checksums. */
  readonly verify?: boolean
}

export interface CopyResult extends CopyReport {
  /** Where, for people. */
  readonly from: string
  readonly to: string
  readonly verified?: VerifyReport
}

/**
 * Copies a lake with its whole history to another storage; see `copyLake` for what it promises. Each end is the name
 * of a storage of the project, or a folder, which has a `/` in it or is absolute.
 *
 * @throws ProblemError `storage/other-lake`, `storage/diverged`, `storage/unavailable`, `project/usage`
 */
export async function copy(from: string, to: string, options: CopyCall = {}): Promise<CopyResult> {
  const source = await storageNamed(from, options)
  try {
    const target = await storageNamed(to, options)
    try {
      refuseSame(source, target)
      const report = await copyLake(source, target, options)
      const ends = { from: source.place, to: target.place }
      if (options.verify !== true || options.dryRun === true) return { ...report, ...ends }
      const lake = await openLake(target, { create: false })
      const { signal } = options
      const verified = await verifyLake(lake, { history: true, ...(signal && { signal }) })
      return { ...report, ...ends, verified }
    } finally {
      await target.close()
    }
  } finally {
    await closeAll(source)
  }
}

async function storageNamed(said: string, { projectRoot }: CopyCall): Promise<Storage> {
  if (/[\\/]/.test(said) || said === '.' || said === '..') return localStorage(path.resolve(said))
  const project = await findProject(projectRoot)
  try {
    return await storageOf(project, said)
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    const folder = `a folder is written with a /: ./${said}`
    const hint = (given?: string) => (given === undefined ? folder : `${given}; ${folder}`)
    const unknown = (message: string) => message.startsWith('there is no storage')
    throw new ProblemError(
      error.problems.map((problem) =>
        unknown(problem.message) ? { ...problem, hint: hint(problem.hint) } : problem,
      ),
    )
  }
}

/** A lake is not copied to itself, nor into a folder of it. */
function refuseSame(from: Storage, to: Storage): void {
  const [source, target] = [folderOf(from), folderOf(to)]
  const inside = source !== undefined && target !== undefined && `${target}/`.startsWith(`${source}/`)
  const around = source !== undefined && target !== undefined && `${source}/`.startsWith(`${target}/`)
  if (!inside && !around && from.place !== to.place) return
  throw new ProblemError({
    code: 'project/usage',
    message: `${from.place} and ${to.place} ${source === target ? 'are one place' : 'lie one in the other'}`,
    hint: 'copy to another folder or bucket',
  })
}

/** The folder of a local storage, through links. */
function folderOf(storage: Storage): string | undefined {
  const file = storage.pathOf('sluice.json')
  if (file === undefined) return undefined
  for (let folder = path.dirname(file), rest = ''; ; folder = path.dirname(folder)) {
    try {
      return path.join(realpathSync(folder), rest).split(path.sep).join('/')
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
      rest = path.join(path.basename(folder), rest)
    }
  }
}
