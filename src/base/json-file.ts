import { readFileSync } from 'node:fs'
import { writeCache } from './cache-file.ts'

/**
 * Small caches on this machine, as JSON files. A cache that cannot be read is as good as none: what it holds
 * is worked out again. So a missing or torn file gives undefined.
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the reader says what it wrote there
export function readJsonFile<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T
  } catch {
    return undefined
  }
}

/** Writes a cache whole or not at all. A disk that is full or read-only makes it no cache, not an error. */
export function writeJsonFile(file: string, value: unknown): boolean {
  return writeCache(file, JSON.stringify(value))
}
