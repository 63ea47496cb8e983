import { randomUUID } from 'node:crypto'
import { chmod, lstat, mkdir, open, rename, rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { orAbsent } from './fault.ts'
import { evict } from './file-cache-evict.ts'

/** Where copies of remote files lie on this machine, and how many bytes of them are kept. */
export interface FileCacheOptions {
  readonly folder: string
  readonly limit: number
  /** Files used within so many ms are not removed: an engine may open them later. */
  readonly grace?: number
}

const usualGrace = 30 * 60_000
/** A file's last use is written down at most so often. */
const touchAfter = 60_000

/**
 * Copies of remote files, named by their content, shared by all processes that are given the same folder.
 *
 * A file is written under a name of its own, and gets its place by a rename when it was verified. Its time of
 * change is then set to one that its name gives: whoever writes to it later changes that time, so one look
 * tells a verified file from any other. The time of access says when a file was last asked for. When there
 * are too many bytes, what was not asked for the longest is removed, except what was asked for within the
 * grace time; a process that keeps files in use says so again and again until it closes the cache.
 */
export class FileCache {
  readonly #folder: string
  readonly #limit: number
  readonly #grace: number
  readonly #filling = new Map<string, Promise<string>>()
  readonly #inUse = new Set<string>()
  #beat: NodeJS.Timeout | undefined
  /** Bytes that may be added before the folder is looked through again. */
  #room = 0

  constructor({ folder, limit, grace = usualGrace }: FileCacheOptions) {
    this.#folder = folder
    this.#limit = limit
    this.#grace = grace
  }

  /**
   * The path of a file: the copy that is there, or a new one. `fill` writes and verifies the file under the
   * path that it is given, and throws when it is not what it must be. `size` is checked where it is known.
   * With `again` the copy that is there is replaced: it was found to be damaged.
   */
  async path(
    name: string,
    size: number | undefined,
    fill: (path: string) => Promise<void>,
    { again = false }: { readonly again?: boolean } = {},
  ): Promise<string> {
    const known = again ? undefined : await this.#find(name, size)
    if (known !== undefined) return known
    const running = this.#filling.get(name)
    if (running) return running
    const filling = this.#fill(name, fill).finally(() => this.#filling.delete(name))
    this.#filling.set(name, filling)
    return filling
  }

  /** Takes a file that is known to be what its name says; it is moved away. */
  async adopt(name: string, file: string): Promise<void> {
    await this.path(name, undefined, async (path) => {
      await this.#move(file, path)
    })
  }

  close(): void {
    clearInterval(this.#beat)
    this.#beat = undefined
    this.#inUse.clear()
  }

  async #find(name: string, size: number | undefined): Promise<string | undefined> {
    const path = this.#pathOf(name)
    const stat = await orAbsent(lstat(path))
    if (!stat?.isFile() || stat.mtimeMs !== verifiedAt(name) * 1000) return undefined
    if (size !== undefined && stat.size !== size) return undefined
    const age = Date.now() - stat.atimeMs
    if (age > Math.min(touchAfter, this.#grace / 3) && !(await this.#touch(name))) return undefined
    this.#use(name)
    return path
  }

  async #fill(name: string, fill: (path: string) => Promise<void>): Promise<string> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const path = this.#pathOf(name)
    const temporary = join(this.#folder, `filling-${randomUUID()}`)
    try {
      await fill(temporary)
      const size = await flushed(temporary)
      await chmod(temporary, 0o444)
      await utimes(temporary, new Date(), verifiedAt(name))
      await rename(temporary, path)
      this.#use(name)
      await this.#makeRoom(size)
      return path
    } finally {
      await rm(temporary, { force: true })
    }
  }

  /** Says that a file is in use: false when it is gone. */
  async #touch(name: string): Promise<boolean> {
    const touched = utimes(this.#pathOf(name), new Date(), verifiedAt(name)).then(() => true)
    return (await orAbsent(touched)) ?? false
  }

  #use(name: string): void {
    this.#inUse.add(name)
    this.#beat ??= setInterval(() => {
      for (const used of this.#inUse) void this.#keep(used)
    }, this.#grace / 3).unref()
  }

  /** A changed file is not said to be verified again. */
  async #keep(name: string): Promise<void> {
    try {
      const stat = await lstat(this.#pathOf(name))
      if (stat.mtimeMs === verifiedAt(name) * 1000) await this.#touch(name)
    } catch {
      this.#inUse.delete(name)
    }
  }

  async #makeRoom(added: number): Promise<void> {
    this.#room -= added
    if (this.#room > 0) return
    const kept = await evict({ folder: this.#folder, limit: this.#limit, grace: this.#grace })
    // Other processes add too: look again after a tenth of what is free, and after a hundredth of a full cache.
    this.#room = Math.max(this.#limit - kept, this.#limit / 10) / 10
  }

  async #move(file: string, path: string): Promise<void> {
    const { copyFile, constants } = await import('node:fs/promises')
    try {
      await rename(file, path)
    } catch {
      await copyFile(file, path, constants.COPYFILE_EXCL)
    }
  }

  #pathOf(name: string): string {
    return join(this.#folder, name)
  }
}

/** The time of change of a verified file, in whole seconds since 1970, from its name: 64 hexadecimal digits. */
function verifiedAt(name: string): number {
  return 1e9 + Number.parseInt(name.slice(0, 7), 16)
}

/** Flushes a file, so that a power cut leaves no hole behind the mark of a verified file; its size. */
async function flushed(path: string): Promise<number> {
  const file = await open(path, 'r+')
  try {
    await file.datasync()
    return (await file.stat()).size
  } finally {
    await file.close()
  }
}
