import { randomUUID } from 'node:crypto'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { cacheFolder } from './names.ts'
import { inOwnFolder } from './own-folder.ts'

/**
 * Writes a file of a cache, whole or not at all: beside it, then renamed. False where the operating system
 * refuses, such as on a disk that is full or read-only: then there is no cache, which is no error. Nor is there
 * one where a link leads out of the project.
 */
export function writeCache(file: string, text: string): boolean {
  try {
    inOwnFolder(ownerOf(file), path.dirname(file), (held) =>
      replace(path.join(held, path.basename(file)), text),
    )
    return true
  } catch (error) {
    if (!isRefusal(error)) throw error
    return false
  }
}

function replace(file: string, text: string): void {
  const beside = `${file}.${randomUUID()}.tmp`
  try {
    writeFileSync(beside, text, { flag: 'wx' })
    renameSync(beside, file)
  } catch (error) {
    drop(beside)
    throw error
  }
}

/** The project that a folder of caches is in, which no link may lead out of; else the file's own folder. */
function ownerOf(file: string): string {
  const at = file.lastIndexOf(`${path.sep}${cacheFolder}${path.sep}`)
  return at > 0 ? file.slice(0, at) : path.dirname(file)
}

/** What was written of it would take the space that is missing. What cannot be removed is of no use to anybody. */
function drop(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch (error) {
    if (!isRefusal(error)) throw error
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'errno' in error
}
