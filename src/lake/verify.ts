import type { Problem } from '../base/problem.ts'
import { hashFile } from '../base/file-hash.ts'
import { damagedFile } from './sound.ts'
import type { DataFile, Manifest } from './types.ts'
import type { Storage } from '../storage/storage.ts'

/** Whether to read the files and compare their BLAKE3, beside existence and size. */
export interface VerifyOptions {
  readonly hash?: boolean
}

/** Compares the files of a version with its manifest: one `storage/corrupt` for each file that differs. */
export async function verifyFiles(
  storage: Storage,
  manifest: Manifest,
  options: VerifyOptions = {},
): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const file of manifest.files) {
    const fault = await faultOf(storage, file, options.hash ?? false)
    if (fault !== undefined) problems.push(damagedFile(manifest, file.key, fault))
  }
  return problems
}

async function faultOf(storage: Storage, file: DataFile, hash: boolean): Promise<string | undefined> {
  const stat = await storage.stat(file.key)
  if (stat === undefined) return 'it is missing'
  if (stat.size !== file.bytes) return `it has ${stat.size} bytes, and had ${file.bytes} when it was written`
  if (!hash) return undefined
  const actual = await hashFile(await storage.localPath(file.key))
  return actual === file.hash ? undefined : 'its content is not what was written'
}
