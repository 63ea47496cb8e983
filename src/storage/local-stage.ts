import { basename, dirname, join, relative, sep } from 'node:path'
import { InternalError } from '../base/problem.ts'
import { errnoOf } from './fault.ts'
import { checkKey, isPrivate } from './keys.ts'
import type { LocalFolders } from './local-folders.ts'
import type { StorageIo } from './local-io.ts'

/** Throws an InternalError for a folder that `stage` did not make under this root. */
export function checkStaged(root: string, staged: string): void {
  const segments = relative(root, staged).split(sep)
  const name = segments.pop() ?? ''
  if (!isPrivate(name)) throw new InternalError(`'${staged}' is not a staged folder of the storage '${root}'`)
  if (segments.length > 0) checkKey(segments.join('/'))
}

/** Flushes the files of a staged folder to the device, and removes whatever else lies in it. */
export async function settle(
  io: StorageIo,
  folders: LocalFolders,
  staged: string,
  files: readonly string[],
): Promise<void> {
  const wanted = { files: new Set(files), folders: foldersOf(files) }
  for (const under of wanted.folders) {
    await folders.at(join(staged, under), async (held) => {
      await keepOnly(io, held, under, wanted)
      const own = files.filter((file) => dirnameOf(file) === under).map((file) => join(held, basename(file)))
      await flushed(own, (file) => io.syncFile(file))
    })
  }
  for (const under of wanted.folders) await folders.at(join(staged, under), (held) => io.syncFolder(held))
}

/** So many files are flushed at once: a journal takes them together. */
const atOnce = 16

async function flushed(files: readonly string[], flush: (file: string) => Promise<void>): Promise<void> {
  for (let at = 0; at < files.length; at += atOnce) {
    const ends = await Promise.allSettled(files.slice(at, at + atOnce).map(flush))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }
}

/**
 * Gives a staged folder its name. The system call refuses a folder that holds something, so of two that
 * publish the same prefix one fails; to publish over what exists is a mistake of ours. False where a link
 * had taken the place of one of the two.
 */
export async function reveal(
  io: StorageIo,
  folders: LocalFolders,
  staged: string,
  folder: string,
): Promise<boolean> {
  return folders.at(dirname(staged), (from) =>
    folders.at(dirname(folder), async (to) => {
      const path = join(to, basename(folder))
      try {
        await io.rename(join(from, basename(staged)), path)
      } catch (error) {
        if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errnoOf(error) ?? '')) throw error
        if ((await io.lstat(path)).isSymbolicLink()) return false
        throw new InternalError(`'${folder}' was to be published, but it exists`, { cause: error })
      }
      if (!(await io.lstat(path)).isDirectory()) {
        await io.unlink(path)
        return false
      }
      await io.syncFolder(to)
      return true
    }),
  )
}

async function keepOnly(
  io: StorageIo,
  held: string,
  under: string,
  wanted: { readonly files: ReadonlySet<string>; readonly folders: ReadonlySet<string> },
): Promise<void> {
  for (const entry of await io.readdir(held)) {
    const name = under === '' ? entry.name : `${under}/${entry.name}`
    const path = join(held, entry.name)
    if (!entry.isDirectory()) {
      if (!wanted.files.has(name)) await io.unlink(path)
    } else if (!wanted.folders.has(name)) await io.removeFolder(path)
  }
}

/** The folder of a file as `foldersOf` names it. */
function dirnameOf(file: string): string {
  return file.slice(0, Math.max(0, file.lastIndexOf('/')))
}

/** The folders that files lie in, the staged folder itself as `''`. */
function foldersOf(files: readonly string[]): Set<string> {
  const folders = new Set([''])
  for (const file of files) {
    for (let at = file.indexOf('/'); at >= 0; at = file.indexOf('/', at + 1)) folders.add(file.slice(0, at))
  }
  return folders
}
