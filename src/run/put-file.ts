import { closeSync, copyFileSync, fsyncSync, openSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { ProblemError } from '../base/problem.ts'
import { inOwnFolder } from '../base/own-folder.ts'
import { errnoOf, faultOf } from '../storage/fault.ts'
import { layout } from '../storage/layout.ts'
import type { Workspace } from './workspace.ts'

/**
 * Puts a file that was written elsewhere in its place in the project, whole or not at all, and flushed: a reader sees
 * the old one or the new one. Its folder is made when needed; no link leads out of the project, or into the lake.
 *
 * @param file relative to the project
 */
export function putFile(workspace: Pick<Workspace, 'root' | 'lake'>, written: string, file: string): void {
  const { root } = workspace
  try {
    flush(written)
    inOwnFolder(root, path.join(root, path.dirname(file)), (held) => {
      refuseLake(workspace, realpathSync.native(held), file)
      moveTo(written, path.join(held, path.basename(file)))
      flush(held)
    })
  } catch (error) {
    if (errnoOf(error) === 'EISDIR' || errnoOf(error) === 'ENOTEMPTY') throw isFolder(file)
    throw errnoOf(error) === undefined ? error : faultOf(error, root, 'write', file)
  }
}

/** Nobody is to remove a folder of theirs. */
function isFolder(file: string): ProblemError {
  const message = `'${file}' is a folder, and no file`
  return new ProblemError({
    code: 'delivery/invalid',
    message,
    hint: "name a file, such as 'out/revenue.csv'",
  })
}

/** Another disk takes the bytes first, under a name beside; then they are renamed there. */
function moveTo(written: string, target: string): void {
  try {
    renameSync(written, target)
  } catch (error) {
    if (errnoOf(error) !== 'EXDEV') throw error
    // A name of its own: another run may put the same file.
    const beside = path.join(path.dirname(target), `.${path.basename(target)}.${randomUUID()}.sluice-part`)
    try {
      copyFileSync(written, beside)
      flush(beside)
      renameSync(beside, target)
    } finally {
      rmSync(beside, { force: true })
    }
    rmSync(written, { force: true })
  }
}

/** Brings a file, or the names in a folder, to the disk. */
function flush(place: string): void {
  const handle = openSync(place, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function refuseLake({ lake }: Pick<Workspace, 'lake'>, folder: string, file: string): void {
  const info = lake.storage.pathOf(layout.lake)
  if (info === undefined) return
  const own = realpathSync.native(path.dirname(info))
  if (folder !== own && !folder.startsWith(`${own}${path.sep}`)) return
  throw new ProblemError({
    code: 'delivery/invalid',
    message: `'${file}' lies in the lake, where Sluice alone writes`,
    hint: "take another folder, such as 'out/'",
  })
}
