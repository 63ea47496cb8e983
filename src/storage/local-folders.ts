import { basename, dirname, join, sep } from 'node:path'
import { ProblemError } from '../base/problem.ts'
import { errnoOf, orAbsent } from './fault.ts'
import type { StorageIo } from './local-io.ts'

/** A folder older than this is on the device: kernels write back within half a minute. */
const settledMs = 60_000
const attempts = 10

/** What Linux adds to the path of a folder that is held and was removed (proc_pid_fd(5)). */
const removed = ' (deleted)'

/**
 * The folders of a local storage: made when needed, durably, and never through a symbolic link that leads
 * out of the root. That is looked at for each operation, on the folder that is held (`StorageIo.hold`), so that
 * a link that takes the place of a folder meanwhile is never followed. Where the root leads is asked once.
 */
export class LocalFolders {
  readonly #root: string
  readonly #place: string
  readonly #io: StorageIo
  readonly #made = new Map<string, Promise<void>>()
  #realRoot: string | undefined

  constructor(root: string, place: string, io: StorageIo) {
    this.#root = root
    this.#place = place
    this.#io = io
  }

  /** Whether a path is there; throws a Problem `storage/unavailable` where a link leads it out of the root. */
  async exists(path: string): Promise<boolean> {
    const real = await orAbsent(this.#io.realpath(path))
    if (real === undefined) return false
    await this.#refuseOutside(path, real)
    return true
  }

  /**
   * Does work in a folder that is there, by the path that `work` is given: it stays in that folder, whatever
   * takes its name meanwhile. Fails with ENOENT where there is none; throws a Problem `storage/unavailable`
   * where a link leads out of the root. It costs an open, a readlink and a close.
   */
  async at<T>(folder: string, work: (held: string) => Promise<T>): Promise<T> {
    const held = await this.#io.hold(folder)
    try {
      await this.#refuseOutside(folder, held.real)
      return await work(held.path)
    } finally {
      await held.close()
    }
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
  async within<T>(folder: string, makeEntry: (held: string) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.ensure(folder)
        return await this.at(folder, makeEntry)
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT' || attempt === attempts) throw error
        this.#made.clear()
      }
    }
  }

  /** Removes a folder below the root, and those above it, as long as they are empty. */
  async prune(folder: string): Promise<void> {
    for (let path = folder; path.length > this.#root.length; path = dirname(path)) {
      try {
        await this.at(dirname(path), (held) => this.#io.rmdir(join(held, basename(path))))
      } catch (error) {
        if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR', 'EBUSY'].includes(errnoOf(error) ?? '')) throw error
        return
      }
      this.#made.delete(path)
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
    await this.at(parent, (held) => this.#io.syncFolder(held))
  }

  async #mkdir(folder: string): Promise<void> {
    try {
      await this.at(dirname(folder), (held) => this.#io.mkdir(join(held, basename(folder))))
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
      if (await this.exists(folder)) return
      // When it is gone again by now, ENOENT says so.
      if ((await this.#io.lstat(folder)).isSymbolicLink()) throw this.#outside(folder, 'leads nowhere')
    }
  }

  async #isYoung(folder: string): Promise<boolean> {
    const { birthtimeMs } = await this.#io.lstat(folder)
    return Date.now() - Number(birthtimeMs) < settledMs
  }

  /** What lies above the root is not ours to judge. */
  async #refuseOutside(path: string, at: string): Promise<void> {
    if (path.length < this.#root.length) return
    const real = at.endsWith(removed) && !path.endsWith(removed) ? at.slice(0, -removed.length) : at
    const root = (this.#realRoot ??= await this.#io.realpath(this.#root))
    if (real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)) return
    throw this.#outside(path, 'leads out of the storage')
  }

  #outside(path: string, where: string): ProblemError {
    const key = path
      .slice(this.#root.length + 1)
      .split(sep)
      .join('/')
    const what = key === '' ? 'its folder' : `'${key}'`
    return new ProblemError({
      code: 'storage/unavailable',
      message: `storage at '${this.#place}': ${what} is or lies behind a symbolic link that ${where}`,
      hint: 'replace the link by a folder, or set the `root` of the storage to where the data shall be',
    })
  }
}
