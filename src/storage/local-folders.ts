import { dirname, sep } from 'node:path'
import { ProblemError } from '../base/problem.ts'
import { errnoOf, orAbsent } from './fault.ts'
import type { StorageIo } from './local-io.ts'

/** A folder older than this is on the device: kernels write back within half a minute. */
const settledMs = 60_000
const attempts = 10

/**
 * The folders of a local storage: made when needed, durably, and never through a symbolic link that leads
 * out of the root. What was found once is remembered for the life of the storage.
 */
export class LocalFolders {
  readonly #root: string
  readonly #place: string
  readonly #io: StorageIo
  readonly #inside = new Set<string>()
  readonly #made = new Map<string, Promise<void>>()

  constructor(root: string, place: string, io: StorageIo) {
    this.#root = root
    this.#place = place
    this.#io = io
  }

  /** Whether a path is there; throws a Problem `storage/unavailable` where a link leads it out of the root. */
  async exists(path: string): Promise<boolean> {
    if (this.#inside.has(path)) return true
    const real = await orAbsent(this.#io.realpath(path))
    if (real === undefined) return false
    if (this.#isBelowRoot(path)) await this.#refuseOutside(path, real)
    this.#inside.add(path)
    return true
  }

  /** Makes sure that a folder is there and stays there after a power cut. */
  ensure(folder: string): Promise<void> {
    const known = this.#made.get(folder)
    if (known) return known
    const made = this.#make(folder)
    this.#made.set(folder, made)
    made.catch(() => {
      if (this.#made.get(folder) === made) this.#made.delete(folder)
    })
    return made
  }

  /** Makes an entry in a folder; again when the folder was removed meanwhile, by hand or because it was empty. */
  async within<T>(folder: string, makeEntry: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.ensure(folder)
        return await makeEntry()
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT' || attempt === attempts) throw error
        this.#made.clear()
        this.#inside.clear()
      }
    }
  }

  /** Removes a folder below the root, and those above it, as long as they are empty. */
  async prune(folder: string): Promise<void> {
    for (let path = folder; path.length > this.#root.length; path = dirname(path)) {
      try {
        await this.#io.rmdir(path)
      } catch (error) {
        if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR', 'EBUSY'].includes(errnoOf(error) ?? '')) throw error
        return
      }
      this.#made.delete(path)
      this.#inside.delete(path)
    }
  }

  async #make(folder: string): Promise<void> {
    const parent = dirname(folder)
    if (await this.exists(folder)) {
      // Another process may have made it a moment ago, and not have flushed it yet.
      if (parent === folder || !(await this.#isYoung(folder))) return
      await this.ensure(parent)
    } else {
      await this.ensure(parent)
      await this.#mkdir(folder)
    }
    await this.#io.syncFolder(parent)
  }

  async #mkdir(folder: string): Promise<void> {
    try {
      await this.#io.mkdir(folder)
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
      if (await this.exists(folder)) return
      // When it is gone again by now, ENOENT says so.
      if ((await this.#io.lstat(folder)).isSymbolicLink()) throw this.#outside(folder, 'leads nowhere')
      return
    }
    this.#inside.add(folder)
  }

  async #isYoung(folder: string): Promise<boolean> {
    const { birthtimeMs } = await this.#io.lstat(folder)
    return Date.now() - Number(birthtimeMs) < settledMs
  }

  async #refuseOutside(path: string, real: string): Promise<void> {
    const realRoot = await this.#io.realpath(this.#root)
    if (real === realRoot || real.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep)) return
    throw this.#outside(path, 'leads out of the storage')
  }

  #isBelowRoot(path: string): boolean {
    return path.length > this.#root.length
  }

  #outside(path: string, where: string): ProblemError {
    const key = path
      .slice(this.#root.length + 1)
      .split(sep)
      .join('/')
    return new ProblemError({
      code: 'storage/unavailable',
      message: `storage at '${this.#place}': '${key}' is or lies behind a symbolic link that ${where}`,
      hint: 'replace the link by a folder, or set the `root` of the storage to where the data shall be',
    })
  }
}
