import type { Problem } from '../base/problem.ts'
import { hashFile } from '../base/file-hash.ts'
import { damagedFile, inBatches } from './sound.ts'
import type { DataFile, Manifest } from './types.ts'
import type { Storage } from '../storage/storage.ts'

/** Files that were compared with a manifest: what versions share is read once. */
export interface ComparedFiles {
  /** By key, size and hash: what is wrong with a file, undefined for one that is whole. */
  readonly faults: Map<string, string | undefined>
  /** Keys of manifests and files that are as they were written, and of those that are not. */
  readonly sound: Set<string>
  readonly damaged: Set<string>
  bytes: number
}

export interface VerifyOptions {
  /** Whether to read the files and compare their BLAKE3, beside existence and size. */
  readonly hash?: boolean
  /** What was compared before, in the same way; the files of this version are added. */
  readonly compared?: ComparedFiles
}

/** Nothing compared yet. */
export function noneCompared(): ComparedFiles {
  return { faults: new Map(), sound: new Set(), damaged: new Set(), bytes: 0 }
}

/** Compares the files of a version with its manifest: one `storage/corrupt` for each file that differs. */
export async function verifyFiles(
  storage: Storage,
  manifest: Manifest,
  { hash = false, compared = noneCompared() }: VerifyOptions = {},
): Promise<Problem[]> {
  const problems = await inBatches(
    manifest.files,
    async (file) => {
      const name = `${file.key} ${file.bytes} ${file.hash}`
      if (!compared.faults.has(name)) {
        const found = await faultOf(storage, file, hash)
        compared.faults.set(name, found)
        compared.bytes += file.bytes
        const keys = found === undefined ? compared.sound : compared.damaged
        keys.add(file.key)
      }
      const fault = compared.faults.get(name)
      return fault === undefined ? [] : [damagedFile(manifest, file.key, fault)]
    },
    atOnce,
  )
  return problems.flat()
}

/** So many files are read at once. */
const atOnce = 8

async function faultOf(storage: Storage, file: DataFile, hash: boolean): Promise<string | undefined> {
  const stat = await storage.stat(file.key)
  if (stat === undefined) return 'it is missing'
  if (stat.size !== file.bytes) return `it has ${stat.size} bytes, and had ${file.bytes} when it was written`
  if (!hash) return undefined
  const actual = await hashFile(await storage.localPath(file.key))
  return actual === file.hash ? undefined : 'its content is not what was written'
}
