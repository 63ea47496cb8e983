import { readdir, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import { sha256 } from '../base/digest.ts'
import { errnoOf, orAbsent } from '../storage/fault.ts'

/** A folder that a killed run left is removed by a later run when nothing was made in it for a week, in milliseconds. */
const leftAfter = 7 * 24 * 60 * 60 * 1000

/** Folders to which engines spill: of runs, of commands that show tables, and of `sluice test`. */
const ours = /^(?:engine|reader|test)-/

/** The folders to which the engines of one run spill. They are named after this process and this machine. */
export class TempFolders {
  readonly #parent: string
  readonly #mine = `engine-${sha256(hostname()).slice(0, 8)}-${process.pid}-`
  readonly #made: string[] = []

  constructor(parent: string) {
    this.#parent = parent
  }

  /** A folder for one engine, which makes it. */
  next(): string {
    const folder = path.join(this.#parent, `${this.#mine}${this.#made.length}`)
    this.#made.push(folder)
    return folder
  }

  /**
   * Removes the folders of this run, and what runs that were killed have left. The engines are closed before. What
   * the operating system does not let go stays: a run has not failed for it, and a later one tries again.
   */
  async remove(): Promise<void> {
    if (this.#made.length === 0) return
    try {
      const left = await leftBehind(this.#parent)
      await Promise.all(
        [...this.#made, ...left].map((folder) => rm(folder, { recursive: true, force: true })),
      )
    } catch (error) {
      if (errnoOf(error) === undefined) throw error
    }
  }
}

async function leftBehind(parent: string): Promise<string[]> {
  const names = (await orAbsent(readdir(parent))) ?? []
  const folders = names.filter((name) => ours.test(name)).map((name) => path.join(parent, name))
  const old = await Promise.all(
    folders.map(async (folder) => {
      const seen = await orAbsent(stat(folder))
      return seen !== undefined && Date.now() - seen.mtimeMs > leftAfter
    }),
  )
  return folders.filter((_, at) => old[at])
}
