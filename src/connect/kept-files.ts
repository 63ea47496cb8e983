import { randomUUID } from 'node:crypto'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { digestOf, sha256 } from '../base/digest.ts'
import { isCount, isText, listOf, objectOf } from '../base/form.ts'
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

/** Files that nobody names any more are left for so long: another process may read them. */
const graceMs = 86_400_000

/**
 * The folder of one source under `.sluice/sources/`, by what is asked. Files are called by their content and
 * written whole; `kept.json` names those that count. Several processes can write at once: the last one is believed.
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

  /** Says which files count, and removes those that did not for a day. */
  async write(kept: { readonly files: readonly KeptFile[] }): Promise<void> {
    writeJsonFile(path.join(this.folder, 'kept.json'), kept)
    const named = new Set(['kept.json', ...kept.files.map(({ file }) => file)])
    for (const name of await readdir(this.folder)) {
      if (named.has(name)) continue
      const file = path.join(this.folder, name)
      const found = await stat(file).catch(() => undefined)
      if (found && Date.now() - found.mtimeMs > graceMs) await rm(file, { force: true })
    }
  }

  /** Where a file is written until it is whole. */
  beside(): string {
    return path.join(this.folder, `${randomUUID()}.tmp`)
  }

  /** Keeps a file that was written beside under the name of its content. */
  async keep(written: string, hash: string, ending: string): Promise<string> {
    const name = `${hash.slice(0, 32)}${ending}`
    await rename(written, path.join(this.folder, name))
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
