import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { digestOf, sha256 } from '../base/digest.ts'
import { hashFile } from '../base/file-hash.ts'
import { isCount, isObject, isText, listOf, objectOf } from '../base/form.ts'
import { readJsonFile, writeJsonFile } from '../base/json-file.ts'
import { cacheFolder } from '../base/names.ts'
import { inOwnFolder } from '../base/own-folder.ts'

/** A file that was fetched. */
export interface KeptFile {
  /** Its name within the folder of its source: it is called by its content. */
  readonly file: string
  readonly bytes: number
  /** BLAKE3, 64 hexadecimal digits. */
  readonly hash: string
}

const isKeptFile = objectOf<KeptFile>({ file: isText, bytes: isCount, hash: isText })
export const areKeptFiles = listOf(isKeptFile)
const isLook = objectOf<{ readonly at: number }>({ at: isCount })

/** Files that nobody names any more are left for so long after that: another process may read them. */
const graceMs = 86_400_000

/** When a file was found to be named no more, in milliseconds since 1970. */
type Left = { readonly [file: string]: number }
const isLeft = (value: unknown): value is Left => isObject(value) && Object.values(value).every(isCount)
const own = new Set(['kept.json', 'left.json'])

/**
 * The folder of one source under `.sluice/sources/`, by what is asked. Files are called by their content and
 * written whole; `kept.json` names those that count. Several processes can write at once: the last look is believed.
 */
export class KeptFiles {
  readonly folder: string

  constructor(root: string, asked: object) {
    this.folder = path.join(root, cacheFolder, 'sources', sha256(digestOf(asked)).slice(0, 24))
    inOwnFolder(root, this.folder, () => undefined)
  }

  /** What `kept.json` says; undefined when it is not there, or of another form. */
  read<T>(form: (value: unknown) => value is T): T | undefined {
    const value = readJsonFile<unknown>(path.join(this.folder, 'kept.json'))
    return form(value) ? value : undefined
  }

  /**
   * Says which files count as of a time, and removes those that did not for a day. A later look stays, unless it is
   * of the future. `now` in milliseconds since 1970.
   */
  async write(
    kept: { readonly at: number; readonly files: readonly KeptFile[] },
    now = Date.now(),
  ): Promise<void> {
    const other = this.read(isLook)
    if (other && other.at > kept.at && other.at <= now) return
    writeJsonFile(path.join(this.folder, 'kept.json'), kept)
    const named = new Set(kept.files.map(({ file }) => file))
    const known = readJsonFile<unknown>(path.join(this.folder, 'left.json'))
    const before = isLeft(known) ? known : {}
    const left: Record<string, number> = {}
    for (const name of await readdir(this.folder)) {
      if (named.has(name) || own.has(name)) continue
      const since = Math.min(before[name] ?? now, now)
      if (now - since > graceMs) await rm(path.join(this.folder, name), { force: true })
      else left[name] = since
    }
    if (digestOf(left) !== digestOf(before)) writeJsonFile(path.join(this.folder, 'left.json'), left)
  }

  /** Where a file is written until it is whole. */
  beside(): string {
    return path.join(this.folder, `${randomUUID()}.tmp`)
  }

  /** Keeps a file that was written beside under the name of its content. */
  async keep(written: string, hash: string, ending: string): Promise<string> {
    const name = `${hash.slice(0, 32)}${ending}`
    const place = path.join(this.folder, name)
    // Another run may be reading it: it stays the file that it is, unless it is damaged.
    const there = existsSync(place) && (await hashFile(place).catch(() => undefined))
    if (there === hash) await rm(written, { force: true })
    else await rename(written, place)
    return name
  }

  pathOf({ file }: KeptFile): string {
    return path.join(this.folder, path.basename(file))
  }

  /** Whether a file is there as it was kept. */
  async isSound(kept: KeptFile, hashOf: (file: string) => Promise<string | null>): Promise<boolean> {
    const file = this.pathOf(kept)
    const found = await stat(file).catch(() => undefined)
    if (found?.size !== kept.bytes || (await hashOf(file)) !== kept.hash) return false
    return true
  }
}
