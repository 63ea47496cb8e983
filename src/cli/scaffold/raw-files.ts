import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { escapePath, glob } from 'tinyglobby'
import { ProblemError } from '../../base/problem.ts'
import { didYouMean } from '../../base/suggest.ts'
import type { SourceFormat } from '../../contract/source-forms.ts'

/** Raw files that a source will name. */
export interface RawFiles {
  /** Path or glob as the source says it: relative to the project, with `/`. */
  readonly pattern: string
  /** Absolute paths, in order. */
  readonly files: readonly [string, ...string[]]
  readonly format: SourceFormat
}

const globbed = /[*?[\]{}!()]/
const endings: Readonly<Record<string, SourceFormat | undefined>> = {
  csv: 'csv',
  tsv: 'csv',
  txt: 'csv',
  json: 'json',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  parquet: 'parquet',
  pq: 'parquet',
}

/**
 * Finds raw files by a path or glob, relative to the folder that one stands in or to the project.
 *
 * @throws ProblemError `source/not-found`, with the names of files nearby, or `source/format`, `project/usage`
 */
export async function rawFiles(from: string, root: string, here: string): Promise<RawFiles> {
  const bases = [...new Set([here, root])]
  for (const base of bases) {
    const files = await filesAt(path.resolve(base, from))
    if (files === undefined) continue
    const pattern = patternIn(root, path.resolve(base, from), from)
    const literal = files.length === 1 && files[0] === path.resolve(base, from)
    return { pattern: literal ? escapePath(pattern) : pattern, files, format: formatOf(files[0]) }
  }
  const hints = bases.map((base) => didYouMean(path.basename(from), neighbours(path.resolve(base, from))))
  throw new ProblemError({
    code: 'source/not-found',
    message: `no file matches '${from}'`,
    hint: hints.find((hint) => hint !== undefined) ?? `looked in ${bases.join(' and ')}`,
  })
}

async function filesAt(full: string): Promise<readonly [string, ...string[]] | undefined> {
  // A file of that very name comes first: names may hold brackets.
  if (existsSync(full)) {
    if (statSync(full).isFile()) return [full]
    throw new ProblemError({
      code: 'project/usage',
      message: `'${full}' is a folder`,
      hint: `name its files: --from '${path.basename(full)}/*.csv'`,
    })
  }
  if (!globbed.test(full)) return undefined
  const pattern = full.split(path.sep).join('/')
  const [first, ...others] = (
    await glob(pattern, { absolute: true, dot: false, expandDirectories: false })
  ).toSorted()
  return first === undefined ? undefined : [first, ...others]
}

/** A project can be moved with its files; one that names files elsewhere cannot. */
function patternIn(root: string, full: string, from: string): string {
  const pattern = path.relative(root, full)
  if (!pattern.startsWith('..') && !path.isAbsolute(pattern)) return pattern.split(path.sep).join('/')
  throw new ProblemError({
    code: 'project/usage',
    message: `'${from}' lies outside of the project ${root}`,
    hint: 'copy or link it into the project, to raw_data/ for instance',
  })
}

function formatOf(file: string): SourceFormat {
  const ending = path
    .extname(file.replace(/\.(gz|zst|bz2)$/i, ''))
    .slice(1)
    .toLowerCase()
  const format = endings[ending]
  if (format !== undefined) return format
  throw new ProblemError({
    code: 'source/format',
    message: `'${path.basename(file)}' does not end like a file that Sluice reads`,
    hint: `the endings are ${Object.keys(endings)
      .map((each) => `.${each}`)
      .join(', ')}, and .gz behind them`,
  })
}

function neighbours(full: string): string[] {
  const folder = path.dirname(full)
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
}
