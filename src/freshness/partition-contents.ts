import path from 'node:path'
import { ProblemError, type Problem } from '../base/problem.ts'
import { partitionKey, type Grain } from '../contract/partition.ts'
import { grainExamples, periodOf } from '../contract/partition-time.ts'
import { pathReader } from '../contract/path-values.ts'
import type { DeclaredSource } from '../contract/spec.ts'
import type { DataFile, Manifest } from '../lake/types.ts'

/** What an input holds of a partition. */
export interface PartitionContent {
  readonly values: readonly string[]
  /** Another content has another. */
  readonly identity: string
  /** Of a source they are not known before it is read. */
  readonly rows?: number
  /** The files of a table. */
  readonly files?: readonly DataFile[]
  /** The files of a source, absolute. */
  readonly paths?: readonly string[]
}

/** What an input holds, by the key of the partition; see `partitionKey`. Only what has rows, or files, is there. */
export type PartitionContents = ReadonlyMap<string, PartitionContent>

/**
 * What a table holds of each partition: digests of the rows say whether it changed; where there are none the hashes of
 * its files do, which the versions that have the same rows in a partition share.
 */
export function tableContents(
  { files, partitionBy = [], partitions = [] }: Manifest,
  by: readonly string[],
): PartitionContents {
  const at = by.map((column) => partitionBy.indexOf(column))
  const keyOf = (values: readonly string[] = []) => partitionKey(at.map((index) => values[index] ?? ''))
  const found = new Map<
    string,
    { values: readonly string[]; digests: string[]; rows: number; files: DataFile[] }
  >()
  const isKnown =
    partitions.length > 0 && partitions.every(({ digest, rows }) => digest !== undefined || rows === 0)
  const of = (values: readonly string[]) => {
    const key = keyOf(values)
    let content = found.get(key)
    if (!content) {
      content = { values: at.map((index) => values[index] ?? ''), digests: [], rows: 0, files: [] }
      found.set(key, content)
    }
    return content
  }
  if (isKnown)
    for (const { values, digest, rows } of partitions)
      if (digest !== undefined && rows > 0) of(values).digests.push(digest)
  for (const file of files) {
    if (file.rows === 0) continue
    const content = of(file.partition ?? [])
    content.files.push(file)
    content.rows += file.rows
    if (!isKnown) content.digests.push(file.hash)
  }
  const contents = new Map<string, PartitionContent>()
  for (const [key, { values, digests, rows, files: own }] of found)
    contents.set(key, { values, identity: identityOf(digests), rows, files: own })
  return contents
}

/** A file of a source: where it is, how its path is written in the project, and its content. */
export interface SourceFile {
  readonly path: string
  readonly name: string
  readonly hash: string
}

/** What a source holds of each partition, by what the paths of its files say. */
export function sourceContents(
  source: DeclaredSource,
  files: readonly SourceFile[],
  by: readonly string[],
  types: readonly (string | undefined)[],
): PartitionContents {
  const readers = source.paths.map((pattern) => pathReader(path.posix.normalize(pattern)))
  const problems: Problem[] = []
  const found = new Map<string, { values: readonly string[]; hashes: string[]; paths: string[] }>()
  for (const file of files) {
    const values = readers.map((read) => read(file.name)).find((read) => read !== undefined)
    const texts = by.map((column, at) => valueText(values?.[column], types[at]))
    const wrong = texts.findIndex((text) => text === undefined)
    if (wrong >= 0) {
      const said = values?.[by[wrong] ?? ''] ?? ''
      problems.push({
        code: 'partition/value',
        message: `source '${source.name}': the path ${file.name} gives '${said}' for column '${by[wrong]}', which is no ${types[wrong]}`,
        where: { file: file.name },
      })
      continue
    }
    const key = partitionKey(texts as string[])
    const content = found.get(key)
    if (content) {
      content.hashes.push(file.hash)
      content.paths.push(file.path)
    } else found.set(key, { values: texts as string[], hashes: [file.hash], paths: [file.path] })
  }
  if (problems.length > 0) throw new ProblemError(problems)
  return new Map(
    [...found].map(
      ([key, { values, hashes, paths }]) => [key, { values, identity: identityOf(hashes), paths }] as const,
    ),
  )
}

/** Throws a ProblemError for values that stand for no time. */
export function checkTimes(every: Grain, column: string, keys: Iterable<string>, subject: string): void {
  const wrong = [...keys].filter((key) => periodOf(every, key) === undefined)
  if (wrong.length === 0) return
  const shown = wrong.slice(0, 3).map((value) => `'${value}'`)
  const more = wrong.length > shown.length ? ` and ${wrong.length - shown.length} more` : ''
  throw new ProblemError({
    code: 'partition/value',
    message: `${subject}: column '${column}' holds ${shown.join(', ')}${more}, which stands for no ${every}`,
    hint: `values are written such as '${grainExamples[every]}'`,
  })
}

/** Several files have one identity whatever their order. */
function identityOf(hashes: readonly string[]): string {
  return hashes.length === 1 ? (hashes[0] ?? '') : hashes.toSorted().join()
}

/** A text of a path as the value of a column has it; undefined for one that is no such value. */
function valueText(text: string | undefined, type = 'VARCHAR'): string | undefined {
  if (text === undefined || text === '') return undefined
  if (type === 'VARCHAR') return text
  if (type === 'BOOLEAN') return text === 'true' || text === 'false' ? text : undefined
  if (type === 'DATE') return periodOf('day', text) ? text : undefined
  return /^-?\d+$/.test(text) ? String(BigInt(text)) : undefined
}
