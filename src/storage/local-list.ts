import type { BigIntStats } from 'node:fs'
import { join } from 'node:path'
import { orAbsent } from './fault.ts'
import { compareKeys, isPrivate } from './keys.ts'
import type { LocalFolders } from './local-folders.ts'
import type { StorageIo } from './local-io.ts'
import type { ListedObject } from './storage.ts'

/** How many files are looked at together. */
const batch = 64

/** What a walk needs to know; it is the same for all folders of one walk. */
export interface Walk {
  readonly root: string
  readonly io: StorageIo
  readonly folders: LocalFolders
  /** Only keys above this one. */
  readonly after: string
}

/** The objects under a prefix in ascending order of keys. A folder is read when the walk comes to it. */
export async function* listFolder(walk: Walk, prefix: string): AsyncGenerator<ListedObject> {
  const entries = await entriesOf(walk, prefix)
  for (let start = 0; start < entries.length; start += batch) {
    const part = entries.slice(start, start + batch)
    const found = await objectsAt(walk, prefix, part)
    for (const [i, key] of part.entries()) {
      const object = found[i]
      if (key.endsWith('/')) yield* listFolder(walk, key)
      else if (object !== undefined) yield object
    }
  }
}

/**
 * The keys of files and, ending in `/`, of folders, in order. The `/` counts: `a.json` comes before `a/b`.
 * A link is no object: one that stays in the root is left out, because what it shows has a key of its own.
 */
async function entriesOf(walk: Walk, prefix: string): Promise<string[]> {
  const folder = join(walk.root, prefix)
  const keys: string[] = []
  const entries = await orAbsent(walk.folders.at(folder, (held) => walk.io.readdir(held)))
  for (const entry of entries ?? []) {
    if (isPrivate(entry.name)) continue
    const key = prefix + entry.name
    if (entry.isSymbolicLink()) await walk.folders.exists(join(folder, entry.name))
    else if (entry.isDirectory()) keys.push(`${key}/`)
    else if (entry.isFile()) keys.push(key)
  }
  return keys.filter((key) => isAfter(key, walk.after)).toSorted(compareKeys)
}

/** Whether a key, or any key in a folder, can come after another. */
function isAfter(key: string, after: string): boolean {
  return compareKeys(key, after) > 0 || (key.endsWith('/') && after.startsWith(key))
}

/** What is known of the files among keys in one folder; undefined for folders and for what is gone again. */
async function objectsAt(
  { root, io, folders }: Walk,
  prefix: string,
  keys: readonly string[],
): Promise<readonly (ListedObject | undefined)[]> {
  if (keys.every((key) => key.endsWith('/'))) return []
  const found = folders.at(join(root, prefix), (held) =>
    Promise.all(
      keys.map(async (key) => {
        if (key.endsWith('/')) return undefined
        const stat = await orAbsent(io.lstat(join(held, key.slice(prefix.length))))
        return stat && { key, size: Number(stat.size), modified: changedAt(stat) }
      }),
    ),
  )
  return (await orAbsent(found)) ?? []
}

/** Files come to their places by a link or a rename, which shows in one of the two times. */
export function changedAt({ mtimeMs, ctimeMs }: BigIntStats): number {
  return Number(mtimeMs > ctimeMs ? mtimeMs : ctimeMs)
}
