import path from 'node:path'
import type { DeclaredSource } from '../contract/spec.ts'

/** A file as it lies on disk, and how it is called wherever it lies: as it arrived, relative to the project. */
export interface LandedFile {
  readonly file: string
  readonly name: string
}

/** Finds the files of patterns; absolute paths. */
export type FindFiles = (patterns: readonly string[]) => Promise<readonly string[]>

/** The files of a source that were moved to its archive, by run: `<archive>/<run>/<as in the landing>`. */
export async function archivedFiles(
  { paths, landing }: Pick<DeclaredSource, 'paths' | 'landing'>,
  root: string,
  find: FindFiles,
): Promise<LandedFile[]> {
  if (!landing) return []
  const { base, archive } = landing
  const tails = paths.map((pattern) => pattern.replace(/^\.\//, '').slice(base.length + 1))
  const found = await find(tails.map((tail) => `${archive}/*/${tail}`))
  return found.toSorted().map((file) => {
    const [, ...rest] = path.relative(path.join(root, archive), file).split(path.sep)
    return { file, name: [base, ...rest].join('/') }
  })
}

/** A file with its content. */
export interface HashedFile extends LandedFile {
  readonly hash: string
}

/**
 * The files of a landing and its archive as one source: what was delivered twice, by name and content, counts once, and
 * the same name with other content is a file of its own. Where a file lies does not matter, so that moving it changes nothing.
 */
export function deliveredOnce(files: readonly HashedFile[]): HashedFile[] {
  const seen = new Set<string>()
  const names = new Set<string>()
  return files.flatMap((each) => {
    const key = `${each.name}\0${each.hash}`
    if (seen.has(key)) return []
    seen.add(key)
    const name = names.has(each.name) ? `${each.name}${mark(each.hash)}` : each.name
    names.add(each.name)
    return [{ ...each, name }]
  })
}

/** What sets a file apart from another of its name. */
function mark(hash: string): string {
  return ` (${hash.slice(0, 8)})`
}

/** Names and contents in an order of their own: it does not count which of a name came first. */
export function deliveries(hashes: { readonly [name: string]: string }): string[] {
  const bare = (name: string, hash: string) =>
    name.endsWith(mark(hash)) ? name.slice(0, -mark(hash).length) : name
  return Object.entries(hashes)
    .map(([name, hash]) => `${hash} ${bare(name, hash)}`)
    .toSorted()
}
