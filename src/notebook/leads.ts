import { realpathSync } from 'node:fs'

/**
 * Where the names of files and folders lead: the real path, or null where there is nothing. A link that is
 * turned to another file changes no stat of either, so these are kept and compared beside the stats.
 */
export class Leads {
  readonly #found = new Map<string, string | null>()

  /** Follows a path as it is now, and remembers where it led; of a path without links stats tell enough. */
  follow(path: string): string | null {
    const real = realPath(path)
    if (real !== path) this.#found.set(path, real)
    return real
  }

  list(): [path: string, real: string | null][] {
    return [...this.#found]
  }
}

/** The path without links, or null when it leads nowhere. */
export function realPath(path: string): string | null {
  try {
    return realpathSync.native(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}
