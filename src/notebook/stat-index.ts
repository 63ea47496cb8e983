import { readFileSync, statSync, type BigIntStats } from 'node:fs'
import { writeCache } from '../base/cache-file.ts'
import { hashBytes, hashFile } from '../base/file-hash.ts'
import { InternalError } from '../base/problem.ts'
import type { Json } from '../base/wire.ts'
import { errnoOf } from '../storage/fault.ts'

/** What is known of one file. `data` is what was computed from its content, by kind. */
export interface IndexEntry {
  /** `mtimeNs,ctimeNs,size,ino` when the content was read. */
  readonly key: string
  /** BLAKE3 of the content. */
  readonly hash: string
  /** The file was so new when it was read that a later edit could leave the same key: read it again. */
  readonly racy: boolean
  readonly data: { readonly [kind: string]: Json }
}

type Stored = [key: string, hash: string, racy: 0 | 1, data: IndexEntry['data']]
interface StoredIndex {
  readonly format: 1
  readonly tools: string
  readonly entries: { readonly [path: string]: Stored }
}

/** Clocks of file systems tick in up to 2 s (FAT): an edit within one tick cannot be seen in the times. */
const tickMs = 2000
/** A file that changes during each of so many reads is given up on. */
const attempts = 20

/**
 * Remembers the hash of files, and what was computed from their content, for as long as their stat stays the
 * same. It is a cache: deleting it, or losing the writes of one of two processes, costs time and nothing else.
 *
 * A stat that differs leads to a new hash, and where the hash is the old one the data is kept. An entry whose
 * file had changed less than 2 s before it was read is hashed again the next time (git's rule for "racy"
 * entries, git-scm.com/docs/racy-git), because a later edit can leave size and times as they are.
 */
export class StatIndex {
  readonly #file: string
  readonly #tools: string
  readonly #clock: () => number
  readonly #entries: Map<string, IndexEntry>
  readonly #touched = new Set<string>()
  readonly #absent = new Set<string>()
  readonly #folders = new Map<string, { readonly key: string; readonly racy: boolean }>()
  #changed = false
  #stamp: string | null

  private constructor(file: string, tools: string, clock: () => number) {
    this.#clock = clock
    this.#file = file
    this.#tools = tools
    this.#stamp = statKey(file)
    this.#entries = readEntries(file, tools)
  }

  /**
   * Opens the index that is kept in `file`; it need not exist. `tools` names the versions of what computes the
   * data: data of other versions is forgotten, hashes are kept. A torn index counts as empty.
   * `clock` gives the time in ms since 1970.
   */
  static open(file: string, tools: string, clock: () => number = Date.now): StatIndex {
    return new StatIndex(file, tools, clock)
  }

  /** What is known of a file as it is now: null when there is no such file, undefined when it must be read. */
  lookup(path: string): IndexEntry | null | undefined {
    const key = statKey(path)
    if (key === null) {
      this.#absent.add(path)
      return null
    }
    this.#absent.delete(path)
    const entry = this.#entries.get(path)
    if (entry?.key !== key || entry.racy) return undefined
    this.#touched.add(path)
    return entry
  }

  /** BLAKE3 of a file's content, or null when there is no such file. Big files are read in pieces. */
  async contentHash(path: string): Promise<string | null> {
    const known = this.lookup(path)
    if (known !== undefined) return known && known.hash
    return this.#settle(path, async () => {
      const hash = await hashFile(path)
      return { hash, data: this.#kept(path, hash) }
    })
  }

  /**
   * What `compute` makes of a file's content, computed once for each content; null when there is no such file.
   * The whole content is read into memory: for sources, not for tables.
   */
  async data<T extends Json>(
    path: string,
    kind: string,
    compute: (content: Buffer) => T | Promise<T>,
  ): Promise<T | null> {
    const known = this.lookup(path)
    if (known === null) return null
    const found = known?.data[kind]
    // The kind names the form: the same `compute` wrote it.
    if (found !== undefined) return found as T
    const settled = await this.#settle(path, async () => {
      // At once: sources are small, and a round through the thread pool costs more than the read.
      const content = readFileSync(path)
      const hash = await hashBytes(content)
      const kept = this.#kept(path, hash)
      return { hash, data: kind in kept ? kept : { ...kept, [kind]: await compute(content) } }
    })
    return settled === null ? null : (this.#entries.get(path)?.data[kind] as T)
  }

  /** Keeps something beside the data of a file that was just looked at; it goes when the content changes. */
  annotate(path: string, kind: string, value: Json): void {
    const entry = this.#entries.get(path)
    if (!entry) throw new InternalError(`'${path}' was annotated before it was read`)
    this.#set(path, { ...entry, data: { ...entry.data, [kind]: value } })
  }

  /**
   * The stat of a folder (a path that ends in `/`), which changes when a file in it is made, renamed or deleted;
   * null when there is none. It is looked at again at rest, as files are. `racy`: it is so new that such a change
   * could leave it as it is.
   */
  folder(path: string): { readonly key: string; readonly racy: boolean } | null {
    const stat = statOf(path)
    if (!stat || !isAsked(path, stat)) {
      this.#absent.add(path)
      return null
    }
    const seen = { key: keyOf(stat), racy: changedMs(stat) > this.#clock() - tickMs }
    this.#absent.delete(path)
    this.#folders.set(path, seen)
    return seen
  }

  /** Forgets a file: its stat is the same, and yet its content was found to be another. */
  forget(path: string): void {
    this.#changed = this.#entries.delete(path) || this.#changed
    this.#touched.add(path)
  }

  /** What is kept of a file, as it was when it was last looked at in this process. */
  peek(path: string): IndexEntry | undefined {
    return this.#entries.get(path)
  }

  /**
   * The files that were looked at in this process, with their stat keys, null for what was not there; `racy` ones
   * cannot be told by a stat yet.
   */
  seen(): { path: string; key: string | null; racy: boolean }[] {
    const seen: { path: string; key: string | null; racy: boolean }[] = []
    for (const path of this.#touched) {
      const entry = this.#absent.has(path) ? undefined : this.#entries.get(path)
      if (entry) seen.push({ path, key: entry.key, racy: entry.racy })
    }
    for (const [path, folder] of this.#folders) if (!this.#absent.has(path)) seen.push({ path, ...folder })
    for (const path of this.#absent) seen.push({ path, key: null, racy: false })
    return seen
  }

  /**
   * Writes the index when something changed: beside it, then renamed, so that a reader sees the old or the new
   * one. What another process saved meanwhile is kept; entries of files that are gone are dropped.
   */
  save(): void {
    if (!this.#changed) return
    if (statKey(this.#file) !== this.#stamp) {
      for (const [path, entry] of readEntries(this.#file, this.#tools)) {
        if (!this.#touched.has(path)) this.#entries.set(path, entry)
      }
    }
    const entries: Record<string, Stored> = {}
    for (const [path, { key, hash, racy, data }] of this.#entries) {
      if (this.#touched.has(path) || statKey(path) !== null) entries[path] = [key, hash, racy ? 1 : 0, data]
    }
    const stored: StoredIndex = { format: 1, tools: this.#tools, entries }
    if (!writeCache(this.#file, JSON.stringify(stored))) return
    this.#stamp = statKey(this.#file)
    this.#changed = false
  }

  /** Reads until the stat before and after agree, so that hash and key belong together. */
  async #settle(
    path: string,
    read: () => Promise<Pick<IndexEntry, 'hash' | 'data'>>,
  ): Promise<string | null> {
    for (let attempt = 1; ; attempt++) {
      const startMs = this.#clock()
      const before = statOf(path)
      const result = before && (await read().catch(absent))
      const after = statOf(path)
      if (!before || !result || !after) {
        if (this.#entries.delete(path)) this.#changed = true
        this.#absent.add(path)
        return null
      }
      const key = keyOf(before)
      const steady = key === keyOf(after)
      if (!steady && attempt < attempts) continue
      this.#set(path, { key, ...result, racy: !steady || changedMs(before) > startMs - tickMs })
      return result.hash
    }
  }

  #kept(path: string, hash: string): IndexEntry['data'] {
    const entry = this.#entries.get(path)
    return entry?.hash === hash ? entry.data : {}
  }

  #set(path: string, entry: IndexEntry): void {
    this.#entries.set(path, entry)
    this.#touched.add(path)
    this.#changed = true
  }
}

function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch (error) {
    // A folder of the path has become a file.
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined
    throw error
  }
}

function keyOf(stat: BigIntStats): string {
  return `${stat.mtimeNs},${stat.ctimeNs},${stat.size},${stat.ino}`
}

/** `mtimeNs,ctimeNs,size,ino` of a file, or of a folder where the path ends in `/`; null when there is none. */
export function statKey(path: string): string | null {
  const stat = statOf(path)
  return stat && isAsked(path, stat) ? keyOf(stat) : null
}

function isAsked(path: string, stat: BigIntStats): boolean {
  return path.endsWith('/') ? stat.isDirectory() : stat.isFile()
}

function changedMs(stat: BigIntStats): number {
  return Math.max(Number(stat.mtimeMs), Number(stat.ctimeMs))
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (!['ENOENT', 'ENOTDIR', 'EISDIR'].includes(error.code ?? '')) throw error
}

function readEntries(file: string, tools: string): Map<string, IndexEntry> {
  const stored = parseIndex(file)
  const entries = new Map<string, IndexEntry>()
  for (const [path, [key, hash, racy, data]] of Object.entries(stored?.entries ?? {})) {
    entries.set(path, { key, hash, racy: racy === 1, data: stored?.tools === tools ? data : {} })
  }
  return entries
}

/** Nothing, when there is no index, or one that another version wrote, or one that is torn or cannot be read. */
function parseIndex(file: string): StoredIndex | undefined {
  try {
    const stored = JSON.parse(readFileSync(file, 'utf8')) as StoredIndex | null
    return stored?.format === 1 ? stored : undefined
  } catch (error) {
    if (errnoOf(error) !== undefined || error instanceof SyntaxError) return undefined
    throw error
  }
}
