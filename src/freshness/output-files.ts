import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { isObject } from '../base/form.ts'
import { emptyRecord } from '../base/record.ts'
import { problemsOf, unlessProblem } from '../base/problem.ts'
import { filesOfHead } from '../lake/head-files.ts'
import type { Lake } from '../lake/lake.ts'
import type { Head } from '../lake/types.ts'
import type { StatIndex } from '../notebook/stat-index.ts'
import { told } from '../storage/fault.ts'

/** Under which kind the index keeps that a file's content was compared with its manifest. */
const compared = 'manifest'
/** Under which kind it keeps, beside a manifest, the stats of the folders in which all of its files were. */
const folders = 'folders'

/**
 * Whether the files of a head, its manifest among them, are what was published, by stat: on a local disk a file
 * that was edited or deleted behind our back is noticed at once. A file that the index does not know is hashed
 * and compared with its manifest. Of very many files it is seen that they are there. On a bucket nothing is read here.
 * What `sluice verify` has found damaged counts in both.
 */
export async function lookAtOutput(
  lake: Lake,
  table: string,
  head: Head,
  index: StatIndex,
): Promise<'good' | 'missing' | 'changed'> {
  const keys = [head.manifest, ...head.files.map((file) => file.key), ...(await distrustedIn(lake, head))]
  for (const key of keys) {
    const local = lake.storage.pathOf(key)
    if (local === undefined && lake.isDistrusted(key)) return 'changed'
    if (local === undefined) continue
    const known = index.lookup(local)
    if (known === null) return 'missing'
    if (known?.data[compared] === head.version) continue
    const hash = await told(lake.storage.place, 'read', key, () => index.contentHash(local))
    if (hash === null) return 'missing'
    if (!(await isPublished(lake, table, head, key, hash))) return 'changed'
    index.annotate(local, compared, head.version)
  }
  return head.many === undefined || (await areThere(lake, table, head, index)) ? 'good' : 'missing'
}

/**
 * Whether the files of a head that does not list them are there. Their folders tell by their stats that nothing in them
 * was made or deleted since all were there; only at a difference the manifest is read and the folders are listed. That
 * a file was edited in its place is not noticed here: a stat of each of very many files would cost too much.
 */
async function areThere(lake: Lake, table: string, head: Head, index: StatIndex): Promise<boolean> {
  const manifest = lake.storage.pathOf(head.manifest)
  if (manifest === undefined) return true
  const known = index.lookup(manifest)?.data[folders]
  if (isObject(known)) {
    const same = Object.entries(known).every(
      ([folder, key]) => index.folder(folderAt(lake, folder))?.key === key,
    )
    if (same) return true
  }
  const { files } = await lake.version(table, head)
  const names = byFolder(files.map(({ key }) => key))
  const stats = emptyRecord<string>()
  let racy = false
  for (const [folder, own] of names) {
    const stat = index.folder(folderAt(lake, folder))
    if (!stat) return false
    const there = new Set(
      await told(lake.storage.place, 'list', folder, () => readdir(folderAt(lake, folder))),
    )
    if (!own.every((name) => there.has(name))) return false
    stats[folder] = stat.key
    racy ||= stat.racy
  }
  if (!racy) index.annotate(manifest, folders, stats)
  return true
}

/** The names of files by their folders. */
function byFolder(keys: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const key of keys) {
    const [folder, name] = [path.posix.dirname(key), path.posix.basename(key)]
    const names = found.get(folder)
    if (names) names.push(name)
    else found.set(folder, [name])
  }
  return found
}

function folderAt({ storage }: Lake, folder: string): string {
  return `${storage.pathOf(folder) ?? ''}/`
}

/** The files of a head that does not list them of which it is known that they were damaged. */
async function distrustedIn(lake: Lake, head: Head): Promise<string[]> {
  if (head.many === undefined || !lake.distrustsAny()) return []
  const files = (await unlessProblem(() => filesOfHead(lake.storage, head))) ?? []
  return files.flatMap(({ key }) => (lake.isDistrusted(key) ? [key] : []))
}

/** Whether a file is what the manifest says; a manifest is when it can be read, for it has a checksum. */
async function isPublished(
  lake: Lake,
  table: string,
  head: Head,
  key: string,
  hash: string,
): Promise<boolean> {
  try {
    const manifest = await lake.version(table, head)
    return key === head.manifest || manifest.files.some((file) => file.key === key && file.hash === hash)
  } catch (error) {
    if (problemsOf(error)) return false
    throw error
  }
}
