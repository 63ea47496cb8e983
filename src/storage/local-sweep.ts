import { join } from 'node:path'
import { orAbsent } from './fault.ts'
import { isPrivate } from './keys.ts'
import type { LocalFolders } from './local-folders.ts'
import type { StorageIo } from './local-io.ts'
import { changedAt } from './local-list.ts'

interface Sweep {
  readonly root: string
  readonly io: StorageIo
  readonly folders: LocalFolders
}

/** Removes staged folders and temporary files under a root that were last changed before a time; their number. */
export async function sweepFolder(sweep: Sweep, before: number, folder = sweep.root): Promise<number> {
  const { io, folders } = sweep
  let removed = 0
  const inside: string[] = []
  const swept = folders.at(folder, async (held) => {
    for (const entry of await io.readdir(held)) {
      const path = join(held, entry.name)
      if (!isPrivate(entry.name)) {
        if (entry.isDirectory()) inside.push(join(folder, entry.name))
      } else if ((await lastChange(io, path)) < before) {
        await io.removeFolder(path)
        removed++
      }
    }
  })
  await orAbsent(swept)
  for (const path of inside) removed += await sweepFolder(sweep, before, path)
  return removed
}

/** When anything in a file or folder was last changed: a step that computes writes into its staged folder. */
async function lastChange(io: StorageIo, path: string): Promise<number> {
  const stat = await orAbsent(io.lstat(path))
  if (stat === undefined) return Infinity
  if (!stat.isDirectory()) return changedAt(stat)
  const inside = (await orAbsent(io.readdir(path))) ?? []
  const times = await Promise.all(inside.map(({ name }) => lastChange(io, join(path, name))))
  return Math.max(changedAt(stat), ...times.filter((time) => time !== Infinity))
}
