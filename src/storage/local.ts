import { dirname, join, resolve } from 'node:path'
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
 * the same folder. Symbolic links are not followed to files, nor to folders outside.
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
      if (!(await this.#folders.exists(folder))) return undefined
      if (this.#unflushed.has(folder)) await this.#flush(folder)
      return orAbsent(this.#io.readFile(path))
    })
  }

  stat(key: string): Promise<ObjectStat | undefined> {
    return told(this.place, 'look at', key, async () => {
      const stat = await orAbsent(this.#io.lstat(this.pathOf(key)))
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
      if ((await orAbsent(this.#io.lstat(path))) !== undefined) return false
      const temp = await this.#writeBeside(path, bytes)
      try {
        if (!(await this.#link(temp, path, key))) return false
        await this.#flush(dirname(path))
        return true
      } finally {
        await this.#dropTemp(temp)
      }
    })
  }

  put(key: string, bytes: Uint8Array): Promise<void> {
    return told(this.place, 'write', key, async () => {
      const path = this.pathOf(key)
      const temp = await this.#writeBeside(path, bytes)
      try {
        await this.#io.rename(temp, path)
      } catch (error) {
        await this.#dropTemp(temp)
        throw error
      }
      await this.#io.syncFolder(dirname(path))
    })
  }

  /** Folders that become empty go too: they are no objects. */
  async delete(keys: readonly string[]): Promise<void> {
    const emptied = new Set<string>()
    for (const key of keys) {
      await told(this.place, 'delete', key, async () => {
        const path = this.pathOf(key)
        if (!(await this.#folders.exists(dirname(path)))) return
        await orAbsent(this.#io.unlink(path))
        emptied.add(dirname(path))
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
      await this.#folders.within(dirname(staged), () => this.#io.mkdir(staged))
      return staged
    })
  }

  publish(staged: string, prefix: string, files: readonly string[]): Promise<void> {
    return told(this.place, 'publish', prefix, async () => {
      const folder = this.#folderOf(prefix)
      checkStaged(this.#root, staged)
      for (const file of files) checkKey(file)
      // Refuses a staged folder behind a link that leads out.
      await this.#folders.exists(staged)
      await settle(this.#io, staged, files)
      await this.#folders.ensure(dirname(folder))
      await reveal(this.#io, staged, folder)
    })
  }

  discard(staged: string): Promise<void> {
    return told(this.place, 'discard', staged, async () => {
      checkStaged(this.#root, staged)
      if (await this.#folders.exists(staged)) await this.#io.removeFolder(staged)
    })
  }

  sweep(before: number): Promise<number> {
    return told(this.place, 'sweep', '', () =>
      sweepFolder({ root: this.#root, io: this.#io, folders: this.#folders }, before),
    )
  }

  localPath(key: string): Promise<string> {
    return told(this.place, 'read', key, async () => {
      const path = this.pathOf(key)
      await this.#folders.exists(dirname(path))
      if (!(await this.#io.lstat(path)).isFile()) throw this.#notAFile(key)
      return path
    })
  }

  pathOf(key: string): string {
    checkKey(key)
    return join(this.#root, key)
  }

  async close(): Promise<void> {
    // Nothing is held open.
  }

  async #flush(folder: string): Promise<void> {
    try {
      await this.#io.syncFolder(folder)
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

  async #writeBeside(path: string, bytes: Uint8Array): Promise<string> {
    const folder = dirname(path)
    const temp = join(folder, temporaryName())
    const file = await this.#folders.within(folder, () => this.#io.create(temp))
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

  /** A temporary file that stays does no harm: it is not listed. What went before it decides the outcome. */
  async #dropTemp(temp: string): Promise<void> {
    try {
      await this.#io.unlink(temp)
    } catch (error) {
      if (errnoOf(error) === undefined) throw error
    }
  }

  #notAFile(key: string): ProblemError {
    return new ProblemError({
      code: 'storage/unavailable',
      message: `storage at '${this.place}': '${key}' is not a regular file`,
      hint: 'remove the folder or link that stands where a file should be',
    })
  }
}
