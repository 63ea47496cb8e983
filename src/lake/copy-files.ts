import { constants } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import path from 'node:path'
import { hashBytes, hashFile } from '../base/file-hash.ts'
import { ProblemError } from '../base/problem.ts'
import type { Copying } from './copy-types.ts'
import { corrupt } from './sealed.ts'
import type { DataFile } from './types.ts'
import type { Storage } from '../storage/storage.ts'

/** Copies files of a version, by folder: most versions have one of their own. False when a cleaning was faster. */
export async function copyFiles(
  copying: Copying,
  manifest: string,
  files: readonly DataFile[],
): Promise<boolean> {
  const folders = new Map<string, DataFile[]>()
  for (const file of files) {
    const folder = `${path.posix.dirname(file.key)}/`
    folders.set(folder, [...(folders.get(folder) ?? []), file])
  }
  for (const [folder, list] of folders) {
    const missing: DataFile[] = []
    for (const file of list) if (!(await isThere(copying, file))) missing.push(file)
    if (missing.length > 0 && !(await publishFiles(copying, manifest, folder, missing))) return false
  }
  return true
}

/** Whether the target has a file, left by a copy that was broken off: then it is read and compared. */
async function isThere({ to }: Copying, { key, bytes, hash }: DataFile): Promise<boolean> {
  const stat = await to.stat(key)
  if (stat === undefined) return false
  if (stat.size === bytes && (await hashFile(await to.localPath(key, { size: bytes, hash }))) === hash)
    return true
  throw new ProblemError({
    code: 'storage/corrupt',
    message: `'${key}' is in ${to.place} already, with another content than its manifest says`,
    hint: 'remove it there, and copy again',
  })
}

async function publishFiles(
  { from, to }: Copying,
  manifest: string,
  folder: string,
  files: readonly DataFile[],
): Promise<boolean> {
  if (await holdsSome(to, folder)) return addFiles({ from, to }, manifest, files)
  const staged = await to.stage(folder)
  try {
    for (const { key, bytes, hash } of files) {
      if ((await from.stat(key)) === undefined) {
        if ((await from.get(manifest)) === undefined) return await discarded()
        throw corrupt(key, 'it is missing', '`sluice repair` writes the newest version of a table again')
      }
      const target = path.join(staged, path.posix.basename(key))
      await copyFile(await from.localPath(key, { size: bytes, hash }), target, constants.COPYFILE_FICLONE)
      if ((await hashFile(target)) !== hash)
        throw corrupt(key, 'it does not have the hash of its manifest', '`sluice verify` looks at all files')
    }
    await to.publish(
      staged,
      folder,
      files.map(({ key }) => path.posix.basename(key)),
    )
    return true
  } catch (error) {
    await discarded()
    throw error
  }

  async function discarded(): Promise<false> {
    await to.discard(staged)
    return false
  }
}

async function holdsSome(storage: Storage, folder: string): Promise<boolean> {
  for await (const { key } of storage.list(folder)) return key !== ''
  return false
}

/** Adds files to a folder that has some already: versions that share others of its files were copied before. */
async function addFiles(
  { from, to }: Pick<Copying, 'from' | 'to'>,
  manifest: string,
  files: readonly DataFile[],
): Promise<boolean> {
  for (const { key, hash } of files) {
    const bytes = await from.get(key)
    if (bytes === undefined && (await from.get(manifest)) === undefined) return false
    if (bytes === undefined || (await hashBytes(bytes)) !== hash)
      throw corrupt(
        key,
        'it is missing, or does not have the hash of its manifest',
        '`sluice verify` looks at all files',
      )
    await to.putIfAbsent(key, bytes)
  }
  return true
}
