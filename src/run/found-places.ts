import { readFileSync } from 'node:fs'
import path from 'node:path'
import { hashBytes } from '../base/file-hash.ts'
import type { Problem } from '../base/problem.ts'
import type { CodeContext } from '../notebook/code-version.ts'

/** BLAKE3 of files, relative to the project; null for one that is not there. */
export type FileHashes = { readonly [file: string]: string | null }

/**
 * What the files say in which Problems stand: a place moves with lines that do not count as code, and only with
 * those of its own file.
 */
export class FoundPlaces {
  readonly #root: string
  readonly #now = new Map<string, Promise<string | null>>()

  constructor(root: string) {
    this.#root = root
  }

  /** The hashes of the files of a notebook's Problems as they were looked at; undefined when there are none. */
  async of(
    notebook: string,
    problems: readonly Problem[],
    { graph }: CodeContext,
  ): Promise<FileHashes | undefined> {
    if (problems.length === 0) return undefined
    const places = problems.flatMap(({ where, related = [] }) => [
      where,
      ...related.map((each) => each.where),
    ])
    const files = new Set([notebook, ...places.flatMap((place) => place?.file ?? [])])
    const hashes: Record<string, string | null> = {}
    for (const file of files)
      hashes[file] = graph.module(path.join(graph.root, file))?.hash ?? (await this.#hash(file))
    return hashes
  }

  /** Whether all of these files are as they were. */
  async areStill(hashes: FileHashes | undefined): Promise<boolean> {
    for (const [file, hash] of Object.entries(hashes ?? {}))
      if ((await this.#hash(file)) !== hash) return false
    return true
  }

  #hash(file: string): Promise<string | null> {
    let hash = this.#now.get(file)
    if (!hash) this.#now.set(file, (hash = hashOf(path.resolve(this.#root, file))))
    return hash
  }
}

async function hashOf(file: string): Promise<string | null> {
  let content: Buffer
  try {
    // At once: a round through the thread pool costs more than the read of a small file.
    content = readFileSync(file)
  } catch {
    return null
  }
  return hashBytes(content)
}
