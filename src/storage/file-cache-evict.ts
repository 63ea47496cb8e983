import { randomUUID } from 'node:crypto'
import type { Stats } from 'node:fs'
import { lstat, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { orAbsent } from './fault.ts'

interface Eviction {
  readonly folder: string
  /** How many bytes may stay. */
  readonly limit: number
  /** Files used within so many ms stay. */
  readonly grace: number
  /** In ms since 1970. */
  readonly now?: number
}

interface Found {
  readonly path: string
  readonly stat: Stats
}

/** A file that is still being filled grows; one that did not for so long was left by a killed process. */
const abandonedAfter = 60 * 60_000
/** The folder is emptied to this part of its limit, so that not each new file has it looked through again. */
const emptiedTo = 0.9
/** The names of files: BLAKE3 or SHA-256; and of what comes or goes. */
const ofCache = /^(?:[\da-f]{64}|(filling|leaving)-[\da-f-]{36})$/

/**
 * Removes the files that were not used for the longest until the others are small enough together, and what
 * killed processes left. Gives the bytes that stay. Several processes may do so at once. Files with other names
 * than the cache gives are left alone: people may have named a folder that holds something else.
 */
export async function evict({ folder, limit, grace, now = Date.now() }: Eviction): Promise<number> {
  const before = now - grace
  const files: Found[] = []
  for (const name of (await orAbsent(readdir(folder))) ?? []) {
    const match = ofCache.exec(name)
    if (!match) continue
    const path = join(folder, name)
    const stat = await orAbsent(lstat(path))
    if (!stat?.isFile()) continue
    if (match[1] === undefined) files.push({ path, stat })
    else if (isAbandoned(stat, now)) await rm(path, { force: true })
  }
  let bytes = files.reduce((sum, { stat }) => sum + stat.size, 0)
  if (bytes <= limit) return bytes
  for (const { path, stat } of files.toSorted((a, b) => a.stat.atimeMs - b.stat.atimeMs)) {
    if (bytes <= limit * emptiedTo || stat.atimeMs >= before) break
    if (await removeUnused(folder, path, before)) bytes -= stat.size
  }
  return bytes
}

/**
 * Removes a file unless somebody has asked for it since the folder was looked through. It is moved away first:
 * who asked before that is seen in its times, and it goes back; who asks later does not find it.
 */
async function removeUnused(folder: string, path: string, before: number): Promise<boolean> {
  if (await isUsed(path, before)) return false
  const away = join(folder, `leaving-${randomUUID()}`)
  const moved = await orAbsent(rename(path, away).then(() => true))
  // Another process has removed it.
  if (moved === undefined) return true
  if (await isUsed(away, before)) {
    await rename(away, path)
    return false
  }
  await rm(away, { force: true })
  return true
}

async function isUsed(path: string, before: number): Promise<boolean> {
  const stat = await orAbsent(lstat(path))
  return stat !== undefined && stat.atimeMs >= before
}

/** A file that was moved into the cache has the time of change of when it was written, and of its move. */
function isAbandoned({ mtimeMs, ctimeMs }: Stats, now: number): boolean {
  return Math.max(mtimeMs, ctimeMs) < now - abandonedAfter
}
