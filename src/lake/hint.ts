import { isShape } from './sealed.ts'
import { layout } from '../storage/layout.ts'
import type { Storage } from '../storage/storage.ts'

/** The number of a recent commit, or undefined when the hint is missing or makes no sense. It is never trusted. */
export async function readHint(storage: Storage, env: string): Promise<number | undefined> {
  const bytes = await storage.get(layout.hint(env))
  if (bytes === undefined) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    const number = isShape(value) ? value['commit'] : undefined
    // The next number must be exact too: it is probed.
    return typeof number === 'number' && Number.isSafeInteger(number + 1) && number > 0 ? number : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Keeps the hint up to date beside the commits: at most one write at a time, and the newest number wins. */
export interface HintWriter {
  tell(commit: number): void
  /** Resolves when what was told is written, or could not be. */
  flush(): Promise<void>
}

/** A writer of the hint of one environment. */
export function hintWriter(storage: Storage, env: string): HintWriter {
  let wanted = 0
  let writing: Promise<void> | undefined
  async function write(): Promise<void> {
    for (let written = 0; written < wanted; ) {
      const number = wanted
      try {
        await storage.put(layout.hint(env), Buffer.from(`{"commit":${number}}\n`))
      } catch {
        // A hint may be lost: the commit stands, and readers find it by listing the log.
      }
      written = number
    }
    writing = undefined
  }
  return {
    tell(commit) {
      wanted = Math.max(wanted, commit)
      writing ??= write()
    },
    flush: () => writing ?? Promise.resolve(),
  }
}
