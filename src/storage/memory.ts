import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { InternalError, ProblemError } from '../base/problem.ts'
import { told } from './fault.ts'
import { checkKey, checkPrefix, compareKeys } from './keys.ts'
import type { ListedObject, ObjectStat, Storage } from './storage.ts'

interface Entry {
  readonly bytes: Uint8Array
  /** Counts the writes of the storage, so that every content has a token of its own. */
  readonly number: number
  readonly modified: number
  /** Where `localPath` has put the bytes. */
  path?: Promise<string>
}

/**
 * A storage that lives as long as the process: for tests and trials. What must be a file (staged folders,
 * `localPath`) lies in a private temporary folder, which `close` removes.
 */
export function memoryStorage(now: () => number = Date.now): Storage {
  return new MemoryStorage(now)
}

class MemoryStorage implements Storage {
  readonly kind = 'memory'
  readonly place = 'memory'
  readonly #objects = new Map<string, Entry>()
  readonly #staged = new Set<string>()
  readonly #now: () => number
  #folder: Promise<string> | undefined
  #count = 0

  constructor(now: () => number) {
    this.#now = now
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    checkKey(key)
    return this.#objects.get(key)?.bytes.slice()
  }

  async stat(key: string): Promise<ObjectStat | undefined> {
    checkKey(key)
    const entry = this.#objects.get(key)
    return entry && { size: entry.bytes.length, token: `${entry.bytes.length}:${entry.number}` }
  }

  async putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean> {
    checkKey(key)
    if (this.#objects.has(key)) return false
    this.#set(key, bytes)
    return true
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    checkKey(key)
    this.#set(key, bytes)
  }

  async delete(keys: readonly string[]): Promise<void> {
    keys.forEach(checkKey)
    for (const key of keys) this.#objects.delete(key)
  }

  async *list(prefix: string, options: { readonly after?: string } = {}): AsyncGenerator<ListedObject> {
    if (prefix !== '') checkPrefix(prefix)
    const after = options.after ?? ''
    const keys = [...this.#objects.keys()].filter(
      (key) => key.startsWith(prefix) && compareKeys(key, after) > 0,
    )
    for (const key of keys.toSorted(compareKeys)) {
      const entry = this.#objects.get(key)
      if (entry) yield { key, size: entry.bytes.length, modified: entry.modified }
    }
  }

  stage(prefix: string): Promise<string> {
    return told(this.place, 'stage', prefix, async () => {
      checkPrefix(prefix)
      const staged = await this.#newFolder()
      this.#staged.add(staged)
      return staged
    })
  }

  publish(staged: string, prefix: string, files: readonly string[]): Promise<void> {
    return told(this.place, 'publish', prefix, async () => {
      checkPrefix(prefix)
      files.forEach(checkKey)
      this.#checkStaged(staged)
      const contents = await Promise.all(files.map((file) => readFile(join(staged, file))))
      if ([...this.#objects.keys()].some((key) => key.startsWith(prefix))) {
        throw new InternalError(`'${prefix}' was to be published, but it exists`)
      }
      for (const [i, bytes] of contents.entries()) this.#set(`${prefix}${files[i]}`, bytes)
      await rm(staged, { recursive: true, force: true })
    })
  }

  discard(staged: string): Promise<void> {
    return told(this.place, 'discard', staged, async () => {
      this.#checkStaged(staged)
      await rm(staged, { recursive: true, force: true })
    })
  }

  /** Staged folders are private to the process, and go with it. */
  async sweep(): Promise<number> {
    return 0
  }

  localPath(key: string): Promise<string> {
    return told(this.place, 'read', key, async () => {
      checkKey(key)
      const entry = this.#objects.get(key)
      if (entry) return (entry.path ??= this.#write(entry, basename(key)))
      throw new ProblemError({
        code: 'storage/unavailable',
        message: `storage in memory: there is no '${key}'`,
        hint: 'a storage of the kind memory is empty when a process starts',
      })
    })
  }

  pathOf(): undefined {
    return undefined
  }

  async close(): Promise<void> {
    const folder = await this.#folder
    this.#folder = undefined
    this.#staged.clear()
    this.#objects.clear()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }

  #set(key: string, bytes: Uint8Array): void {
    this.#objects.set(key, {
      bytes: Uint8Array.from(bytes),
      number: ++this.#count,
      modified: this.#now(),
    })
  }

  async #write(entry: Entry, name: string): Promise<string> {
    const path = join(await this.#newFolder(), name)
    await writeFile(path, entry.bytes)
    return path
  }

  async #newFolder(): Promise<string> {
    this.#folder ??= mkdtemp(join(tmpdir(), 'sluice-memory-'))
    const folder = join(await this.#folder, String(++this.#count))
    await mkdir(folder)
    return folder
  }

  #checkStaged(staged: string): void {
    if (!this.#staged.has(staged))
      throw new InternalError(`'${staged}' is not a staged folder of this storage`)
  }
}
