import { constants } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import path from 'node:path'
import { hashBytes, hashFile } from '../base/file-hash.ts'
import { problemsOf, ProblemError } from '../base/problem.ts'
import { compared } from './copy-missing.ts'
import type { Copying } from './copy-types.ts'
import { parseManifest } from './manifest.ts'
import { corrupt, readSealed } from './sealed.ts'
import type { DataFile } from './types.ts'
import { layout } from '../storage/layout.ts'
import type { Storage } from '../storage/storage.ts'

/** How many versions are copied at once. */
const atOnce = 8

/** A version: the key of its manifest, and those of its content digests. */
interface Version {
  readonly manifest: string
  readonly digests: readonly string[]
}

/**
 * Copies every version that has a manifest: its files, then its manifest, then its digests. So a manifest in the
 * target means that its files are there, and were compared with their hashes: such a version is not looked at again.
 * Files that no manifest names are left behind. So are Delta logs, which the target makes of its own log.
 */
export async function copyVersions(copying: Copying): Promise<void> {
  const { from, to, counts } = copying
  let waiting: Version[] = []
  let digests: string[] = []
  for await (const { key, there } of compared(from, to, layout.tables)) {
    if (!layout.isOfVersion(key)) continue
    if (layout.isDigest(key)) {
      if (there === undefined) digests.push(key)
      continue
    }
    const manifest = layout.manifestBeside(key)
    if (key !== manifest) continue
    const own = digests.filter((digest) => layout.manifestBeside(digest) === manifest)
    digests = []
    if (there !== undefined) counts.there++
    if (there === undefined || own.length > 0) waiting.push({ manifest, digests: own })
    if (waiting.length < atOnce) continue
    await copyTogether(copying, waiting)
    copying.step()
    waiting = []
  }
  await copyTogether(copying, waiting)
  copying.step()
}

/** Those of one table one after the other: later ones share files with earlier ones. */
async function copyTogether(copying: Copying, versions: readonly Version[]): Promise<void> {
  const tables = new Map<string, Version[]>()
  for (const version of versions) {
    const table = path.posix.dirname(path.posix.dirname(version.manifest))
    tables.set(table, [...(tables.get(table) ?? []), version])
  }
  await Promise.all(
    Array.from(tables.values(), async (list) => {
      for (const version of list) await copyVersion(copying, version)
    }),
  )
}

async function copyVersion(copying: Copying, { manifest: key, digests }: Version): Promise<void> {
  const { from, to, counts, dryRun, problems } = copying
  try {
    const read = await readSealed(from, key)
    // A cleaning of the source has deleted it since it was listed.
    if (read === undefined) return
    const manifest = parseManifest(key, read.opened)
    if (dryRun || (await to.stat(key)) === undefined) {
      if (!(await copyFiles(copying, key, manifest.files))) return
      if (!dryRun) await putSame(copying, key, read.bytes)
      counts.versions++
      counts.files += manifest.files.length
      counts.bytes += manifest.bytes
    }
    if (dryRun) return
    for (const digest of digests) {
      const content = await from.get(digest)
      if (content) await to.putIfAbsent(digest, content)
    }
  } catch (error) {
    const found = problemsOf(error)
    if (found === undefined || found.some(({ code }) => code !== 'storage/corrupt')) throw error
    problems.push(...found)
  }
}

/** Files by folder: most versions have one of their own. False when a cleaning was faster. */
async function copyFiles(copying: Copying, manifest: string, files: readonly DataFile[]): Promise<boolean> {
  if (copying.dryRun) return true
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

/** Creates an object that never changes; one of that name that is another is told. */
export async function putSame({ to }: Copying, key: string, bytes: Uint8Array): Promise<void> {
  if (await to.putIfAbsent(key, bytes)) return
  const there = await to.get(key)
  if (there !== undefined && Buffer.compare(there, bytes) === 0) return
  throw diverged(key, to.place)
}

/** The error for a target that somebody has written to. */
export function diverged(key: string, place: string): ProblemError {
  return new ProblemError({
    code: 'storage/diverged',
    message: `${place} has another '${key}' than the source: somebody has written to it since it was copied`,
    hint: 'nothing there was changed; copy to an empty place, or go on with the one that is ahead',
  })
}
