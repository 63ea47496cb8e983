import { ProblemError, problemsOf, type Problem } from '../base/problem.ts'
import { statKey, type StatIndex } from '../notebook/stat-index.ts'
import type { Manifests } from './manifest.ts'
import { corruptProblem } from './sealed.ts'
import type { DataFile, Head, Manifest } from './types.ts'
import type { Storage } from '../storage/storage.ts'

/** What of a head names its version; `files` where they are known without the manifest. */
export type VersionName = Pick<Head, 'version' | 'manifest'> & Partial<Pick<Head, 'files' | 'many'>>

/** Reads versions as they were published, or not at all. Every reader of rows goes through here. */
export interface SoundVersions {
  /** The manifest of a version. `storage/corrupt` where it is damaged, missing, or that of another version. */
  version(table: string, name: VersionName): Promise<Manifest>
  /**
   * Local paths of the files of a version, in order, each of which has the content that the manifest says.
   * `storage/corrupt` names those that have not.
   */
  files(manifest: Manifest): Promise<string[]>
  /** Both in one. */
  headFiles(table: string, head: VersionName): Promise<string[]>
  /** Keys of the files of a version that are as they were published. In a bucket nothing is read: all of them. */
  standing(manifest: Manifest): Promise<ReadonlySet<string>>
  /** Says that objects were found damaged, which counts more than a copy of theirs on this machine. */
  distrust(keys: Iterable<string>): void
  isDistrusted(key: string): boolean
  distrustsAny(): boolean
}

/** What hashes files and remembers hashes while their stat is the same. */
export type HashIndex = Pick<StatIndex, 'contentHash'>

/** What people can do about a version that is damaged. */
const damageHint =
  '`sluice verify` lists all that is damaged, `sluice repair` runs the steps that write it again'

/**
 * A file whose stat (size, times, inode) is the one under which its hash was found good is trusted; any other is
 * hashed once and compared with its manifest. What this process has compared it trusts under the same stat, also
 * when the file is so new that an index would not: file systems with hard links tell changes within a tick.
 */
export function soundVersions(storage: Storage, manifests: Manifests, index: () => HashIndex): SoundVersions {
  /** By path: the stat and hash that were compared. */
  const compared = new Map<string, string>()
  const comparing = new Map<string, Promise<string>>()
  const distrusted = new Set<string>()

  async function compare(path: string, hash: string): Promise<string | undefined> {
    const proof = `${statKey(path)} ${hash}`
    if (compared.get(path) === proof) return undefined
    const job =
      comparing.get(path) ??
      index()
        .contentHash(path)
        .then((found) => found ?? 'none')
    comparing.set(path, job)
    const found = await job.finally(() => comparing.delete(path))
    if (found === 'none') return 'it is missing'
    if (found !== hash) return 'its content is not what was written'
    compared.set(path, proof)
    return undefined
  }

  /** A file in a folder is hashed again instead: somebody may have put it back. */
  function trusted(key: string): boolean {
    return !distrusted.has(key) || storage.pathOf(key) !== undefined
  }

  async function place(file: DataFile): Promise<{ path: string } | { fault: string }> {
    if (!trusted(file.key)) return { fault: 'its content is not what was written' }
    try {
      const expected = { size: file.bytes, hash: file.hash }
      const path = await storage.localPath(file.key, expected)
      const fault = await compare(path, file.hash)
      if (fault === undefined) return { path }
      if (storage.pathOf(file.key) !== undefined) return { fault }
      // What is damaged is the copy on this machine; the bucket may hold what it must.
      const fresh = await storage.localPath(file.key, { ...expected, again: true })
      const still = await compare(fresh, file.hash)
      return still === undefined ? { path: fresh } : { fault: still }
    } catch (error) {
      const problems = problemsOf(error)
      if (problems === undefined) throw error
      // A remote store compares what it fetches.
      if (problems.some(({ code }) => code === 'storage/corrupt'))
        return { fault: 'its content is not what was written' }
      if ((await storage.stat(file.key)) === undefined) return { fault: 'it is missing' }
      throw error
    }
  }

  async function files(manifest: Manifest): Promise<string[]> {
    const places = await inBatches(manifest.files, place)
    const problems: Problem[] = places.flatMap((found, at) =>
      'fault' in found ? [damagedFile(manifest, manifest.files[at]?.key ?? '', found.fault)] : [],
    )
    if (problems.length > 0) throw new ProblemError(problems)
    return places.flatMap((found) => ('path' in found ? [found.path] : []))
  }

  async function version(table: string, name: VersionName): Promise<Manifest> {
    const manifest = await manifests.read(name.manifest)
    const fault = otherVersion(manifest, table, name)
    if (fault === undefined) return manifest
    throw new ProblemError(corruptProblem(name.manifest, fault, damageHint))
  }

  async function standing(manifest: Manifest): Promise<ReadonlySet<string>> {
    const keys = await inBatches(manifest.files, async ({ key, hash }) => {
      if (!trusted(key)) return []
      const path = storage.pathOf(key)
      return path === undefined || (await compare(path, hash)) === undefined ? [key] : []
    })
    return new Set(keys.flat())
  }

  return {
    version,
    files,
    standing,
    headFiles: async (table, head) => files(await version(table, head)),
    distrust: (keys) => {
      for (const key of keys) distrusted.add(key)
    },
    isDistrusted: (key) => distrusted.has(key),
    distrustsAny: () => distrusted.size > 0,
  }
}

/** Does work on a list, so many items at once: 64 where it opens files. */
export async function inBatches<T, R>(
  list: readonly T[],
  work: (item: T) => Promise<R>,
  atOnce = 64,
): Promise<R[]> {
  const done: R[] = []
  for (let at = 0; at < list.length; at += atOnce)
    done.push(...(await Promise.all(list.slice(at, at + atOnce).map(work))))
  return done
}

/** The Problem of a file that is not what a manifest says. */
export function damagedFile({ table, version }: Manifest, key: string, fault: string): Problem {
  return corruptProblem(key, `${fault}; it is of '${table}', version ${version}`, damageHint)
}

/** Why a manifest that is whole is not that of a version; a file can be replaced by another good one. */
function otherVersion(manifest: Manifest, table: string, name: VersionName): string | undefined {
  if (manifest.table !== table || manifest.version !== name.version)
    return `it is the manifest of '${manifest.table}', version ${manifest.version}, and should be that of '${table}', version ${name.version}`
  if (name.many !== undefined)
    return name.many === manifest.files.length
      ? undefined
      : `it lists ${manifest.files.length} files, and the commit of '${table}', version ${name.version}, has ${name.many}`
  const listed = manifest.files.map(({ key, bytes }) => `${key} ${bytes}`).join('\n')
  if (name.files !== undefined && name.files.map(({ key, bytes }) => `${key} ${bytes}`).join('\n') !== listed)
    return `it lists other files than the commit of '${table}', version ${name.version}`
  return undefined
}
