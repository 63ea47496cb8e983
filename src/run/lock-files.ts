import { lstat, mkdir, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ProblemError } from '../base/problem.ts'
import type { LockWrite } from '../check/lock.ts'
import type { LockText } from '../check/lock-file.ts'
import { lockEnding, lockFolder } from '../check/odcs/names.ts'

/** The files of a project's lock, in the order of their names; none where there is no lock. */
export async function lockFiles(root: string): Promise<LockText[]> {
  const folder = path.join(root, lockFolder)
  await refuseOutside(root, folder)
  const names = await namesIn(folder)
  return Promise.all(
    names
      .filter((name) => name.endsWith(lockEnding))
      .toSorted()
      .map(async (name) => ({
        file: `${lockFolder}/${name}`,
        text: await readFile(path.join(folder, name), 'utf8'),
      })),
  )
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** `contracts/` may be a link, but not to a place outside of the project. */
async function refuseOutside(root: string, folder: string): Promise<void> {
  const found = await lstat(folder).catch(() => undefined)
  if (found === undefined || (found.isDirectory() && !found.isSymbolicLink())) return
  const real = await realpath(folder).catch(() => '')
  const inside = path.relative(await realpath(root), real)
  if (
    found.isSymbolicLink() &&
    real !== '' &&
    inside !== '' &&
    !inside.startsWith('..') &&
    !path.isAbsolute(inside)
  )
    return
  throw new ProblemError({
    code: 'contract/lock-invalid',
    message: `${lockFolder}/ is not a folder of this project`,
    where: { file: lockFolder },
    hint: 'the lock keeps its files there: move away what has that name',
  })
}

/**
 * Writes files of a lock. All texts are on the disk before the first takes its place, so that a full disk
 * changes nothing.
 */
export async function writeLockFiles(root: string, writes: readonly LockWrite[]): Promise<void> {
  const folder = path.join(root, lockFolder)
  await refuseOutside(root, folder)
  await mkdir(folder, { recursive: true })
  const beside: { readonly from: string; readonly to: string }[] = []
  try {
    for (const { file, text } of writes) {
      if (text === undefined) continue
      const to = path.join(root, file)
      const from = `${to}.${process.pid}.tmp`
      beside.push({ from, to })
      await writeFile(from, text, { flag: 'wx' })
    }
    for (const { from, to } of beside) await rename(from, to)
  } catch (error) {
    await Promise.all(beside.map(({ from }) => rm(from, { force: true })))
    throw error
  }
  for (const { file, text } of writes)
    if (text === undefined) await rm(path.join(root, file), { force: true })
}
