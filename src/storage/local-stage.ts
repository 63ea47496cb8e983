import { dirname, join, relative, sep } from 'node:path'
import { InternalError } from '../base/problem.ts'
import { errnoOf } from './fault.ts'
import { checkKey, isPrivate } from './keys.ts'
import type { StorageIo } from './local-io.ts'

/** Throws an InternalError for a folder that `stage` did not make under this root. */
export function checkStaged(root: string, staged: string): void {
  const segments = relative(root, staged).split(sep)
  const name = segments.pop() ?? ''
  if (!isPrivate(name)) throw new InternalError(`'${staged}' is not a staged folder of the storage '${root}'`)
  if (segments.length > 0) checkKey(segments.join('/'))
}

/** Flushes the files of a staged folder to the device, and removes whatever else lies in it. */
export async function settle(io: StorageIo, staged: string, files: readonly string[]): Promise<void> {
  const folders = foldersOf(files)
  await keepOnly(io, staged, '', new Set(files), folders)
  for (const file of files) await io.syncFile(join(staged, file))
  for (const folder of folders) await io.syncFolder(join(staged, folder))
}

/**
 * Gives a staged folder its name. The system call refuses a folder that holds something, so of two that
 * publish the same prefix one fails; to publish over what exists is a mistake of ours.
 */
export async function reveal(io: StorageIo, staged: string, folder: string): Promise<void> {
  try {
    await io.rename(staged, folder)
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errnoOf(error) ?? '')) throw error
    throw new InternalError(`'${folder}' was to be published, but it exists`, { cause: error })
  }
  await io.syncFolder(dirname(folder))
}

async function keepOnly(
  io: StorageIo,
  staged: string,
  under: string,
  files: ReadonlySet<string>,
  folders: ReadonlySet<string>,
): Promise<void> {
  for (const entry of await io.readdir(join(staged, under))) {
    const name = under === '' ? entry.name : `${under}/${entry.name}`
    const path = join(staged, name)
    if (!entry.isDirectory()) {
      if (!files.has(name)) await io.unlink(path)
    } else if (folders.has(name)) await keepOnly(io, staged, name, files, folders)
    else await io.removeFolder(path)
  }
}

/** The folders that files lie in, the staged folder itself as `''`. */
function foldersOf(files: readonly string[]): Set<string> {
  const folders = new Set([''])
  for (const file of files) {
    for (let at = file.indexOf('/'); at >= 0; at = file.indexOf('/', at + 1)) folders.add(file.slice(0, at))
  }
  return folders
}
