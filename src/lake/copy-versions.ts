import path from 'node:path'
import { problemsOf, ProblemError, unlessProblem } from '../base/problem.ts'
import { copyFiles } from './copy-files.ts'
import { compared } from './copy-missing.ts'
import type { Copying } from './copy-types.ts'
import { parseManifest } from './manifest.ts'
import { readSealed } from './sealed.ts'
import type { DataFile } from './types.ts'
import { layout } from '../storage/layout.ts'

/** How many versions are copied at once. */
const atOnce = 8

/** A version: the key of its manifest, and those of its content digests. */
interface Version {
  readonly manifest: string
  readonly digests: readonly string[]
  /** The manifest of the version before it that the target had already. */
  readonly before: string | undefined
}

/** By folder of a table: what the target has of it for certain, as key and hash of each file. */
type Known = Map<string, Set<string>>

/**
 * Copies every version that has a manifest: its files, then its manifest, then its digests. So a manifest in the
 * target means that its files are there, and were compared with their hashes: such a version is not looked at again,
 * and neither are files that a later one shares with it. Files that no manifest names are left behind. So are Delta
 * logs, which the target makes of its own log.
 */
export async function copyVersions(copying: Copying): Promise<void> {
  const { from, to, counts } = copying
  const known: Known = new Map()
  let waiting: Version[] = []
  let digests: string[] = []
  let before: string | undefined
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
    if (there === undefined || own.length > 0) waiting.push({ manifest, digests: own, before })
    if (there !== undefined) before = manifest
    if (waiting.length < atOnce) continue
    await copyTogether(copying, waiting, known)
    copying.step()
    // Keys come in order: of tables before this one nothing is left to copy.
    for (const table of known.keys()) if (table !== tableOf(manifest)) known.delete(table)
    waiting = []
  }
  await copyTogether(copying, waiting, known)
  copying.step()
}

const tableOf = (manifest: string) => path.posix.dirname(path.posix.dirname(manifest))

/** Those of one table one after the other: later ones share files with earlier ones. */
async function copyTogether(copying: Copying, versions: readonly Version[], known: Known): Promise<void> {
  const tables = new Map<string, Version[]>()
  for (const version of versions) {
    const table = tableOf(version.manifest)
    tables.set(table, [...(tables.get(table) ?? []), version])
  }
  await Promise.all(
    Array.from(tables, async ([table, list]) => {
      const there = known.get(table) ?? new Set<string>()
      known.set(table, there)
      for (const version of list) await copyVersion(copying, version, there)
    }),
  )
}

const nameOf = ({ key, hash }: DataFile) => `${key} ${hash}`

async function copyVersion(
  copying: Copying,
  { manifest: key, digests, before }: Version,
  there: Set<string>,
): Promise<void> {
  const { from, to, counts, dryRun, problems } = copying
  try {
    const read = await readSealed(from, key)
    // A cleaning of the source has deleted it since it was listed.
    if (read === undefined) return
    const manifest = parseManifest(key, read.opened)
    if (dryRun || (await to.stat(key)) === undefined) {
      const shares = manifest.files.some((file) => layout.manifestBeside(file.key) !== key)
      if (shares) await addNamed(copying, before, key, there)
      const files = manifest.files.filter((file) => !there.has(nameOf(file)))
      if (!dryRun) {
        if (!(await copyFiles(copying, key, files))) return
        await putSame(copying, key, read.bytes)
      }
      for (const file of files) {
        there.add(nameOf(file))
        counts.files++
        counts.bytes += file.bytes
      }
      counts.versions++
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

/** Adds the files of a version that the target had before: they were compared when it was copied. */
async function addNamed(
  { to }: Copying,
  before: string | undefined,
  key: string,
  there: Set<string>,
): Promise<void> {
  if (before === undefined || tableOf(before) !== tableOf(key) || there.has(before)) return
  there.add(before)
  const files = await unlessProblem(async () => parseManifest(before, (await readSealed(to, before))?.opened))
  for (const file of files?.files ?? []) there.add(nameOf(file))
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
