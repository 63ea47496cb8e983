import { randomUUID } from 'node:crypto'
import { stat as statOf } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../base/digest.ts'
import { hashFile } from '../base/file-hash.ts'
import { InternalError, ProblemError } from '../base/problem.ts'
import { errnoOf } from './fault.ts'
import { checkKey, checkPrefix, compareKeys, isPrivate } from './keys.ts'
import { FileCache } from './file-cache.ts'
import type { FileCacheOptions } from './file-cache.ts'
import { localStorage } from './local.ts'
import { checkStaged } from './local-stage.ts'
import type { ObjectStore } from './object-store.ts'
import { probeOnce } from './probe.ts'
import { download, readWhole } from './remote-read.ts'
import type { ExpectedContent, ListedObject, ObjectStat, Storage } from './storage.ts'
import { isRefusal, machineFault, storeProblem } from './store-fault.ts'
import type { Doing } from './store-fault.ts'

export interface RemoteOptions {
  /** How people are told where this is; without secrets. */
  readonly place: string
  /** What the keys of the bucket begin with: empty, or ending in `/`. */
  readonly prefix: string
  /** A folder of this machine for what is staged. */
  readonly staging: string
  readonly cache: FileCacheOptions
  /** What tells this bucket from all others, without secrets. */
  readonly identity: string
  /** A file of this machine that says that the store keeps its word; it is written when that was tried. */
  readonly probed: string
}

/**
 * A storage in a bucket. Files are staged on this machine and uploaded when they are published; files are
 * read through a cache. Methods throw a ProblemError: `storage/unavailable` for what the store or the network
 * refuses, `storage/no-put-if-absent` for a store that ignores the condition, `storage/corrupt` for bytes
 * that are not those expected.
 */
export function remoteStorage(store: ObjectStore, options: RemoteOptions): Storage {
  return new RemoteStorage(store, options)
}

class RemoteStorage implements Storage {
  readonly kind: string
  readonly place: string
  readonly #store: ObjectStore
  readonly #prefix: string
  readonly #staging: Storage
  readonly #stagingRoot: string
  readonly #cache: FileCache
  readonly #identity: string
  readonly #probed: string
  #probe: Promise<void> | undefined

  constructor(store: ObjectStore, { place, prefix, staging, cache, identity, probed }: RemoteOptions) {
    this.kind = store.kind
    this.place = place
    this.#store = store
    this.#prefix = prefix
    this.#stagingRoot = staging
    this.#staging = localStorage(staging)
    this.#cache = new FileCache(cache)
    this.#identity = identity
    this.#probed = probed
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#told('read', key, () => readWhole(this.#store, this.#full(key)))
  }

  stat(key: string): Promise<ObjectStat | undefined> {
    return this.#told('look at', key, async () => {
      const found = await this.#store.head(this.#full(key))
      return found && { size: found.size, token: found.token }
    })
  }

  putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean> {
    return this.#told('create', key, async () => {
      const full = this.#full(key)
      await this.#probeFirst()
      return this.#marked(full, (mark) => this.#store.create(full, bytes, mark))
    })
  }

  put(key: string, bytes: Uint8Array): Promise<void> {
    return this.#told('write', key, () => this.#store.put(this.#full(key), bytes))
  }

  async delete(keys: readonly string[]): Promise<void> {
    const full = keys.map((key) => this.#full(key))
    if (keys.length > 0) await this.#told('delete', keys[0] ?? '', () => this.#store.delete(full))
  }

  async *list(prefix: string, options: { readonly after?: string } = {}): AsyncGenerator<ListedObject> {
    if (prefix !== '') checkPrefix(prefix)
    const after = options.after ?? ''
    try {
      const pages = this.#store.list(this.#prefix + prefix, after === '' ? '' : this.#prefix + after)
      for await (const { key: full, ...object } of pages) {
        const key = full.slice(this.#prefix.length)
        // What people put there by hand, such as folders of a console, is none of ours.
        const foreign = key.endsWith('/') || key.split('/').some(isPrivate)
        if (!foreign && compareKeys(key, after) > 0) yield { key, ...object }
      }
    } catch (error) {
      throw this.#problem(error, 'list', prefix)
    }
  }

  async stage(prefix: string): Promise<string> {
    return this.#staging.stage(prefix)
  }

  publish(staged: string, prefix: string, files: readonly string[]): Promise<void> {
    return this.#told('publish', prefix, async () => {
      checkPrefix(prefix)
      files.forEach(checkKey)
      checkStaged(this.#stagingRoot, staged)
      const paths = files.map((file) => join(staged, file))
      const sizes = await Promise.all(paths.map(async (path) => (await statOf(path)).size))
      await this.#probeFirst()
      for (const [i, path] of paths.entries()) {
        await this.#upload(`${prefix}${files[i] ?? ''}`, { path, size: sizes[i] ?? 0 })
      }
      await this.#staging.discard(staged)
    })
  }

  async discard(staged: string): Promise<void> {
    await this.#staging.discard(staged)
  }

  async sweep(before: number): Promise<number> {
    const here = await this.#staging.sweep(before)
    return here + (await this.#told('sweep', '', () => this.#store.abandon(this.#prefix, before)))
  }

  localPath(key: string, expected?: ExpectedContent): Promise<string> {
    return this.#told('read', key, async () => {
      const full = this.#full(key)
      if (expected) return this.#expectedPath(key, full, expected)
      const found = await this.#store.head(full)
      if (found === undefined) throw this.#absent(key)
      const name = sha256(`${this.#identity}\n${full}\n${found.token}`)
      return this.#cache.path(name, undefined, async (path) => {
        if ((await download(this.#store, full, path)) === undefined) throw this.#absent(key)
      })
    })
  }

  pathOf(): undefined {
    return undefined
  }

  async close(): Promise<void> {
    this.#cache.close()
    this.#store.close()
    await this.#staging.close()
  }

  /** The place for ranged reads: what a file holds is known here, so a part of it could be fetched instead. */
  async #expectedPath(
    key: string,
    full: string,
    { size, hash, again = false }: ExpectedContent,
  ): Promise<string> {
    const fill = async (path: string): Promise<void> => {
      // Twice: what the network has damaged comes right the second time.
      let actual = await download(this.#store, full, path)
      if (actual && actual.hash !== hash) actual = await download(this.#store, full, path)
      if (actual === undefined) throw this.#absent(key)
      if (actual.hash === hash) return
      const fault = actual.size === size ? 'its content differs' : `it has ${actual.size} bytes, not ${size}`
      throw new ProblemError({
        code: 'storage/corrupt',
        message: `storage at '${this.place}': '${key}' is not what its manifest says: ${fault}`,
        hint: '`sluice verify` lists all such files, `sluice repair` has them written again',
      })
    }
    return this.#cache.path(hash, size, fill, { again })
  }

  /** Uploads a file, and keeps it for readers on this machine: what comes next most often reads it. */
  async #upload(key: string, file: { readonly path: string; readonly size: number }): Promise<void> {
    const full = this.#full(key)
    const hash = await hashFile(file.path)
    if (!(await this.#marked(full, (mark) => this.#store.upload(full, file, mark)))) {
      throw new InternalError(`'${key}' was to be published, but it exists`)
    }
    await this.#cache.adopt(hash, file.path)
  }

  /**
   * Creates an object with a mark of its own. A refusal can be the answer to our own success, when the SDK
   * has asked again after a lost reply; an error can hide a success. The mark of what is there decides.
   */
  async #marked(full: string, create: (mark: string) => Promise<boolean>): Promise<boolean> {
    const mark = randomUUID()
    let failure: Error | undefined
    try {
      if (await create(mark)) return true
    } catch (error) {
      if (!(error instanceof Error) || isRefusal(this.#store.faultOf(error))) throw error
      failure = error
    }
    const there = await this.#store.head(full)
    // Absent after an error: the request may still be on its way, so nobody can say what became of it.
    if (there === undefined && failure !== undefined) throw failure
    return there?.mark === mark
  }

  #probeFirst(): Promise<void> {
    this.#probe ??= probeOnce(this.#store, this.place, this.#prefix, this.#probed).catch((error: unknown) => {
      this.#probe = undefined
      throw error
    })
    return this.#probe
  }

  #full(key: string): string {
    checkKey(key)
    return this.#prefix + key
  }

  async #told<T>(doing: Doing, key: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw this.#problem(error, doing, key)
    }
  }

  #problem(error: unknown, doing: Doing, key: string): unknown {
    if (error instanceof ProblemError || error instanceof InternalError) return error
    const fault = this.#store.faultOf(error)
    // What the file system of this machine refuses has an errno too.
    if (fault.reason !== 'network' && errnoOf(error) !== undefined)
      return machineFault(error, this.place, doing, key)
    return storeProblem(this.#store.kind, this.place, doing, key, fault)
  }

  #absent(key: string): ProblemError {
    return new ProblemError({
      code: 'storage/unavailable',
      message: `storage at '${this.place}': there is no '${key}'`,
      hint: 'something removed it: run again, or restore it from a copy',
    })
  }
}
