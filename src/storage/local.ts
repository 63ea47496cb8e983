import type { BigIntStats } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { ProblemError } from '../base/problem.ts'
import { errnoOf, faultOf, orAbsent, told } from './fault.ts'
import { checkKey, checkPrefix, stagingName, temporaryName } from './keys.ts'
import { LocalFolders } from './local-folders.ts'
import { nodeIo } from './local-io.ts'
import type { StorageIo } from './local-io.ts'
import { listFolder } from './local-list.ts'
import { checkStaged, reveal, settle } from './local-stage.ts'
import { sweepFolder } from './local-sweep.ts'
import type { ListedObject, ObjectStat, Storage } from './storage.ts'

/** What file systems without hard links answer to `link`. */
const noHardLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/**
 * A storage in a folder of this machine, which need not exist. An object is a file; it is written under a
 * temporary name beside its place, flushed to the device, and then gets its name in one step, so that readers
 * see all of it or nothing and a power cut loses nothing that was acknowledged. Several processes may use
 * the same folder. Symbolic links are not followed to files, nor to folders outside, whenever they are put there.
 *
 * `io` is for tests that inject faults; `place` is how people are told where the storage is.
 * Methods throw a ProblemError: `storage/unavailable` for what the operating system refuses,
 * `storage/no-put-if-absent` where there are no hard links. A malformed key is an InternalError.
 */
export function localStorage(root: string, io: StorageIo = nodeIo, place: string = resolve(root)): Storage {
  return new LocalStorage(resolve(root), io, place)
}

class LocalStorage implements Storage {
  readonly kind = 'local'
  readonly place: string
  readonly #root: string
  readonly #io: StorageIo
  readonly #folders: LocalFolders
  /** Folders with names that we made and could not flush: we do not tell that these are there before they are. */
  readonly #unflushed = new Set<string>()

  constructor(root: string, io: StorageIo, place: string) {
    this.place = place
    this.#root = root
    this.#io = io
    this.#folders = new LocalFolders(root, place, io)
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return told(this.place, 'read', key, async () => {
      const path = this.pathOf(key)
      const folder = dirname(path)
      const bytes = this.#folders.at(folder, async (held) => {
        if (this.#unflushed.has(folder)) await this.#flush(folder, held)
        return this.#io.readFile(join(held, basename(path)))
      })
      return orAbsent(bytes)
    })
  }

  stat(key: string): Promise<ObjectStat | undefined> {
    return told(this.place, 'look at', key, async () => {
      const stat = await orAbsent(this.#look(key))
      if (stat === undefined) return undefined
      if (!stat.isFile()) throw this.#notAFile(key)
      const { size, mtimeNs, ctimeNs, ino } = stat
      return { size: Number(size), token: `${size}:${mtimeNs}:${ctimeNs}:${ino}` }
    })
  }

  putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean> {
    return told(this.place, 'create', key, async () => {
      const path = this.pathOf(key)
      // Who comes too late loses without a write and a flush. Whoever comes in time is decided by the link alone.
      if ((await orAbsent(this.#look(key))) !== undefined) return false
      const folder = dirname(path)
      return this.#folders.within(folder, async (held) => {
        const temp = await this.#writeIn(held, bytes)
        try {
          if (!(await this.#link(temp, join(held, basename(path)), key))) return false
          await this.#refuseLink(join(held, basename(path)), key)
          await this.#flush(folder, held)
          return true
        } finally {
          await this.#dropTemp(temp)
        }
      })
    })
  }

  put(key: string, bytes: Uint8Array): Promise<void> {
    return told(this.place, 'write', key, async () => {
      const path = this.pathOf(key)
      await this.#folders.within(dirname(path), async (held) => {
        const temp = await this.#writeIn(held, bytes)
        try {
          await this.#io.rename(temp, join(held, basename(path)))
        } catch (error) {
          await this.#dropTemp(temp)
          throw error
        }
        await this.#refuseLink(join(held, basename(path)), key)
        await this.#io.syncFolder(held)
      })
    })
  }

  /** Folders that become empty go too: they are no objects. */
  async delete(keys: readonly string[]): Promise<void> {
    const emptied = new Set<string>()
    for (const key of keys) {
      await told(this.place, 'delete', key, async () => {
        const path = this.pathOf(key)
        const unlinked = this.#folders.at(dirname(path), async (held) => {
          emptied.add(dirname(path))
          await this.#io.unlink(join(held, basename(path)))
        })
        await orAbsent(unlinked)
      })
    }
    for (const folder of emptied) await told(this.place, 'delete', folder, () => this.#folders.prune(folder))
  }

  async *list(prefix: string, options: { readonly after?: string } = {}): AsyncGenerator<ListedObject> {
    if (prefix !== '') checkPrefix(prefix)
    const walk = { root: this.#root, io: this.#io, folders: this.#folders, after: options.after ?? '' }
    try {
      yield* listFolder(walk, prefix)
    } catch (error) {
      throw faultOf(error, this.place, 'list', prefix)
    }
  }

  stage(prefix: string): Promise<string> {
    return told(this.place, 'stage', prefix, async () => {
      const staged = stagingName(this.#folderOf(prefix))
      await this.#folders.within(dirname(staged), (held) => this.#io.mkdir(join(held, basename(staged))))
      return staged
    })
  }

  publish(staged: string, prefix: string, files: readonly string[]): Promise<void> {
    return told(this.place, 'publish', prefix, async () => {
      const folder = this.#folderOf(prefix)
      checkStaged(this.#root, staged)
      for (const file of files) checkKey(file)
      await settle(this.#io, this.#folders, staged, files)
      await this.#folders.ensure(dirname(folder))
      if (!(await reveal(this.#io, this.#folders, staged, folder))) throw this.#notAFolder(prefix)
    })
  }

  discard(staged: string): Promise<void> {
    return told(this.place, 'discard', staged, async () => {
      checkStaged(this.#root, staged)
      const removed = this.#folders.at(dirname(staged), (held) =>
        this.#io.removeFolder(join(held, basename(staged))),
      )
      await orAbsent(removed)
    })
  }

  sweep(before: number): Promise<number> {
    return told(this.place, 'sweep', '', () =>
      sweepFolder({ root: this.#root, io: this.#io, folders: this.#folders }, before),
    )
  }

  localPath(key: string): Promise<string> {
    return told(this.place, 'read', key, async () => {
      if (!(await this.#look(key)).isFile()) throw this.#notAFile(key)
      return this.pathOf(key)
    })
  }

  pathOf(key: string): string {
    checkKey(key)
    return join(this.#root, key)
  }

  async close(): Promise<void> {
    // Nothing is held open.
  }

  /** What stands under a key; a link is not followed. */
  #look(key: string): Promise<BigIntStats> {
    const path = this.pathOf(key)
    return this.#folders.at(dirname(path), (held) => this.#io.lstat(join(held, basename(path))))
  }

  async #flush(folder: string, held: string): Promise<void> {
    try {
      await this.#io.syncFolder(held)
      this.#unflushed.delete(folder)
    } catch (error) {
      this.#unflushed.add(folder)
      throw error
    }
  }

  #folderOf(prefix: string): string {
    checkPrefix(prefix)
    return join(this.#root, prefix.slice(0, -1))
  }

  /** Writes a temporary file into a folder that is held, and gives its path. */
  async #writeIn(held: string, bytes: Uint8Array): Promise<string> {
    const temp = join(held, temporaryName())
    const file = await this.#io.create(temp)
    try {
      try {
        await file.write(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
    } catch (error) {
      await this.#dropTemp(temp)
      throw error
    }
    return temp
  }

  /** Gives the temporary file its name unless that is taken. */
  async #link(temp: string, path: string, key: string): Promise<boolean> {
    try {
      await this.#io.link(temp, path)
      return true
    } catch (error) {
      const errno = errnoOf(error) ?? ''
      // Over NFS the answer to our own success can get lost; the second name of the file shows it (open(2), O_EXCL).
      if (errno === 'EEXIST') return (await this.#io.lstat(temp)).nlink === 2n
      if (!noHardLinks.has(errno)) throw error
      throw new ProblemError({
        code: 'storage/no-put-if-absent',
        message: `storage at '${this.place}': the file system refuses a hard link for '${key}' (${errno}), and commits rely on hard links`,
        hint: 'put the storage on a file system that has them (ext4, XFS, APFS, NTFS), or in a bucket',
      })
    }
  }

  /** What was given its name is a link when one had taken the place of the temporary file: then it goes again. */
  async #refuseLink(path: string, key: string): Promise<void> {
    const stat = await orAbsent(this.#io.lstat(path))
    if (stat?.isSymbolicLink() !== true) return
    await this.#io.unlink(path)
    throw this.#notAFile(key)
  }

  /** A temporary file that stays does no harm: it is not listed. What went before it decides the outcome. */
  async #dropTemp(temp: string): Promise<void> {
    try {
      await this.#io.unlink(temp)
    } catch (error) {
      if (errnoOf(error) === undefined) throw error
    }
  }

  #notAFolder(prefix: string): ProblemError {
    return new ProblemError({
      code: 'storage/unavailable',
      message: `storage at '${this.place}': a link or file has taken the place of what was to be published as '${prefix}'`,
      hint: 'remove it, and run again',
    })
  }

  #notAFile(key: string): ProblemError {
    return new ProblemError({
      code: 'storage/unavailable',
      message: `storage at '${this.place}': '${key}' is not a regular file`,
      hint: 'remove the folder or link that stands where a file should be',
    })
  }
}
