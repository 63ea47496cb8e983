import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { digestOf } from '../base/digest.ts'
import { InternalError, ProblemError } from '../base/problem.ts'
import { isAddress } from '../contract/source-web.ts'
import { pathGlob } from '../contract/path-values.ts'
import type { DeclaredSource } from '../contract/spec.ts'
import type { Elsewhere } from '../connect/elsewhere.ts'
import { statKey, type StatIndex } from '../notebook/stat-index.ts'
import { archivedFiles, deliveredOnce, deliveries, type LandedFile } from './landed.ts'
import { refusalOf } from '../storage/fault.ts'

/** The files behind a source, and what they hold. */
export interface SourceState {
  /** Absolute paths, in order. */
  readonly files: readonly string[]
  /** How they are called: relative to the project, in the same order. */
  readonly names: readonly string[]
  /** BLAKE3 of each, by path relative to the project. */
  readonly hashes: { readonly [file: string]: string }
  /** Of names, contents, and how they are read. */
  readonly digest: string
  /** Their stats: a file that was changed and put back while it was read has another. */
  readonly stats: readonly (string | undefined)[]
  /** What a person should know of it. */
  readonly notes?: readonly string[]
}

/** Whether a source's content comes from a database or a server, not from files of this machine. */
export function isElsewhere({ sql, paths }: Pick<DeclaredSource, 'sql' | 'paths'>): boolean {
  return sql !== undefined || paths.some(isAddress)
}

const globbed = /[*?[\]{}!()]/

/** The files of a source now, also those in its archive. Paths with no glob cost one look at the file. */
export async function sourceFiles(
  source: Pick<DeclaredSource, 'paths' | 'landing'>,
  root: string,
): Promise<string[]> {
  const all = await landedFiles(source, root)
  return [...new Set(all.map(({ file }) => file))].toSorted()
}

/** The same with their names; those of an archive come first. */
async function landedFiles(
  source: Pick<DeclaredSource, 'paths' | 'landing'>,
  root: string,
): Promise<LandedFile[]> {
  const find = (patterns: readonly string[]) => filesOf(patterns, root)
  const here = (await find(source.paths)).map((file) => ({ file, name: sourceFileName(root, file) }))
  return [...(await archivedFiles(source, root, find)), ...here]
}

/** The files that patterns name now. */
export async function filesOf(patterns: readonly string[], root: string): Promise<string[]> {
  const found = new Set<string>()
  for (const pattern of patterns) {
    if (!globbed.test(pattern)) {
      const file = path.resolve(root, pattern)
      if (existsSync(file)) found.add(file)
      continue
    }
    const { glob } = await import('tinyglobby')
    for (const file of await glob(pathGlob(pattern), {
      cwd: root,
      absolute: true,
      dot: false,
      expandDirectories: false,
    }))
      found.add(file)
  }
  return [...found].toSorted()
}

/** Looks at a source: which files there are, and their content where a stat does not say that it is known. */
export async function lookAtSource(
  source: DeclaredSource,
  root: string,
  index: StatIndex,
  elsewhere?: Elsewhere,
): Promise<SourceState> {
  if (isElsewhere(source)) return lookElsewhere(source, elsewhere)
  const all: (LandedFile & { readonly hash: string | null })[] = []
  for (const each of await landedFiles(source, root)) {
    const hash = await index.contentHash(each.file).catch((error: unknown) => {
      throw unreadable(error, source.name, sourceFileName(root, each.file))
    })
    if (hash === null && statSync(each.file, { throwIfNoEntry: false })?.isDirectory())
      throw unreadable({ code: 'EISDIR' }, source.name, sourceFileName(root, each.file))
    all.push({ ...each, hash })
  }
  const hashed = all.flatMap(({ hash, ...each }) => (hash === null ? [] : [{ ...each, hash }]))
  const once = source.landing ? deliveredOnce(hashed) : hashed
  const hashes = Object.fromEntries(once.map(({ name, hash }) => [name, hash]))
  const files = (source.landing ? once : all).map(({ file }) => file)
  const names = (source.landing ? once : all).map(({ name }) => name)
  const stats = files.map((file) => index.peek(file)?.key)
  return { files, names, hashes, digest: digestOfSource(source, hashes), stats }
}

/** The digest of what files hold, by their names, and of how they are read. */
export function digestOfSource(source: DeclaredSource, hashes: SourceState['hashes']): string {
  const { format, dialect, extra, columns, excel, sql } = source
  const seen = columns.map(({ name, type }) => [name, type])
  // How often a database is asked does not decide what it says.
  const { refresh: _refresh, ...asked } = sql ?? {}
  const reading = {
    format,
    dialect,
    extra,
    columns: seen,
    ...(excel && { excel }),
    ...(sql && { sql: asked }),
  }
  return digestOf(source.landing ? { delivered: deliveries(hashes), reading } : { hashes, reading })
}

/** The same for a database or a server. */
async function lookElsewhere(source: DeclaredSource, elsewhere: Elsewhere | undefined): Promise<SourceState> {
  if (!elsewhere) throw new InternalError(`source '${source.name}' is elsewhere, and nobody fetches it`)
  const { files, names, hashes, notes } = await elsewhere.fetch(source)
  const digest = digestOfSource(source, hashes)
  const stats = files.map((file) => statKey(file) ?? undefined)
  return { files, names, hashes, digest, stats, ...(notes && { notes }) }
}

function unreadable(error: unknown, source: string, file: string): unknown {
  const errno = (error as NodeJS.ErrnoException).code ?? ''
  const refused = refusalOf(errno)
  if (refused === undefined) return error
  const folder = errno === 'EISDIR'
  // What is told of rights is about folders that are written to.
  const hint = ['EACCES', 'EPERM'].includes(errno) ? undefined : refused.hint
  return new ProblemError({
    code: 'source/unreadable',
    message: `source '${source}': ${file} cannot be read: ${folder ? 'it is a folder' : refused.meaning}`,
    where: { file },
    hint: folder ? `name its files: '${file}/*'` : hint,
  })
}

/** How a file of a source is called: by its path relative to the project. */
function sourceFileName(root: string, file: string): string {
  const name = path.relative(root, file)
  // A file outside the project keeps its own path: there is nothing to be relative to.
  return name.startsWith('..') ? file : name.split(path.sep).join('/')
}
