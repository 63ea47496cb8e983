import { randomUUID } from 'node:crypto'
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/**
 * Writes a file of a cache, whole or not at all: beside it, then renamed. False where the operating system
 * refuses, such as on a disk that is full or read-only: then there is no cache, which is no error.
 */
export function writeCache(file: string, text: string): boolean {
  const beside = `${file}.${randomUUID()}.tmp`
  try {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(beside, text)
    renameSync(beside, file)
    return true
  } catch (error) {
    if (!isRefusal(error)) throw error
    drop(beside)
    return false
  }
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
