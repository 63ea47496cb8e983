import type { Stats } from 'node:fs'
import { lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { orAbsent } from './fault.ts'

interface Eviction {
  readonly folder: string
  /** How many bytes may stay. */
  readonly limit: number
  /** Only files last used before this time go, in ms since 1970. */
  readonly before: number
}

/** A file that is still being filled grows; one that did not for so long was left by a killed process. */
const abandonedAfter = 60 * 60_000

/**
 * Removes the files that were not used for the longest until the others are small enough together, and what
 * killed processes left. Gives the bytes that stay. Several processes may do so at once.
 */
export async function evict({ folder, limit, before }: Eviction): Promise<number> {
  const files: { readonly path: string; readonly stat: Stats }[] = []
  for (const name of (await orAbsent(readdir(folder))) ?? []) {
    const path = join(folder, name)
    const stat = await orAbsent(lstat(path))
    if (!stat?.isFile()) continue
    if (!name.startsWith('filling-')) files.push({ path, stat })
    else if (stat.mtimeMs < Date.now() - abandonedAfter) await rm(path, { force: true })
  }
  let bytes = files.reduce((sum, { stat }) => sum + stat.size, 0)
  for (const { path, stat } of files.toSorted((a, b) => a.stat.atimeMs - b.stat.atimeMs)) {
    if (bytes <= limit || stat.atimeMs >= before) break
    await rm(path, { force: true })
    bytes -= stat.size
  }
  return bytes
}
