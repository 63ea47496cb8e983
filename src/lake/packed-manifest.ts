import { isObject, type Shape } from '../base/form.ts'
import type { DataFile, Manifest, PartitionEntry } from './types.ts'

/**
 * A manifest of very many files as it lies in a storage, `format` 2: lists by column in place of objects, folders
 * and times once, hashes of one length as one text. 100,000 files take a third of the bytes and of the time to
 * read. In memory there is one form only.
 */
export interface PackedManifest extends Omit<Manifest, 'format' | 'files' | 'partitions'> {
  readonly format: 2
  readonly folders: readonly string[]
  readonly files: {
    readonly folder: readonly number[]
    readonly name: readonly string[]
    readonly bytes: readonly number[]
    readonly rows: readonly number[]
    readonly hashes: string
    /** The place of each file's partition in `partitions`, -1 for none. */
    readonly partition: readonly number[]
  }
  readonly partitions: {
    /** By column of `partitionBy`. */
    readonly values: readonly (readonly string[])[]
    readonly rows: readonly number[]
    readonly digest: readonly string[]
    /** What there is of notebooks that work by partition, and by partition the place in that list. */
    readonly notes: readonly Notes[]
    readonly note: readonly number[]
    readonly fingerprint: readonly string[]
  } | null
}

type Notes = Omit<PartitionEntry, 'values' | 'rows' | 'digest' | 'fingerprint'>

const hashLength = 64
const noText = ''

/** Packs a manifest. */
export function packManifest({ format: _format, files, partitions, ...rest }: Manifest): PackedManifest {
  const folders = new Dictionary<string>((folder) => folder)
  const notes = new Dictionary<Notes>((note) => JSON.stringify(note))
  const entries = partitions ?? []
  const places = new Map(entries.map(({ values }, at) => [JSON.stringify(values), at]))
  const split = files.map(({ key }) => key.lastIndexOf('/') + 1)
  return {
    ...rest,
    format: 2,
    files: {
      folder: files.map(({ key }, at) => folders.place(key.slice(0, split[at]))),
      name: files.map(({ key }, at) => key.slice(split[at])),
      bytes: files.map(({ bytes }) => bytes),
      rows: files.map(({ rows }) => rows),
      hashes: files.map(({ hash }) => hash).join(''),
      partition: files.map(({ partition }) => places.get(JSON.stringify(partition)) ?? -1),
    },
    partitions: partitions
      ? {
          values: (rest.partitionBy ?? []).map((_by, column) =>
            entries.map(({ values }) => values[column] ?? noText),
          ),
          rows: entries.map(({ rows }) => rows),
          digest: entries.map(({ digest }) => digest ?? noText),
          note: entries.map((entry) => notePlace(entry, notes)),
          fingerprint: entries.map(({ fingerprint }) => fingerprint ?? noText),
          notes: notes.list,
        }
      : null,
    folders: folders.list,
  }
}

/** -1 where nothing is noted. */
function notePlace({ computedAt, reopenedAt, read }: PartitionEntry, notes: Dictionary<Notes>): number {
  if (computedAt === undefined && reopenedAt === undefined && read === undefined) return -1
  return notes.place({
    ...(computedAt !== undefined && { computedAt }),
    ...(reopenedAt !== undefined && { reopenedAt }),
    ...(read && { read }),
  })
}

/** What a packed manifest stands for; undefined where it is malformed. */
export function unpackManifest(packed: Shape): Shape | undefined {
  const { files, folders, partitions, ...rest } = packed as unknown as PackedManifest
  if (!isPackedFiles(files) || !isList(folders, isText)) return undefined
  if (partitions !== null && !isPackedPartitions(partitions)) return undefined
  const entries = partitions && entriesOf(partitions)
  const unpacked = filesOf(files, folders, entries ?? [])
  if (unpacked === undefined) return undefined
  return { ...rest, format: 1, files: unpacked, ...(entries && { partitions: entries }) }
}

function entriesOf(packed: NonNullable<PackedManifest['partitions']>): PartitionEntry[] {
  const { values, rows, digest, note: places, notes, fingerprint } = packed
  const [only = []] = values
  // Plain literals: spreads and closures would take several times as long.
  return rows.map((count, at): PartitionEntry => {
    const of = values.length === 1 ? [only[at] ?? noText] : values.map((column) => column[at] ?? noText)
    const content = digest[at] ?? noText
    const own = fingerprint[at] ?? noText
    const note = notes[places[at] ?? -1]
    if (own === noText && note === undefined)
      return content === noText ? { values: of, rows: count } : { values: of, rows: count, digest: content }
    return {
      values: of,
      rows: count,
      ...(content !== noText && { digest: content }),
      ...(own !== noText && { fingerprint: own }),
      ...note,
    }
  })
}

function filesOf(
  { folder, name, bytes, rows, hashes, partition }: PackedManifest['files'],
  folders: readonly string[],
  entries: readonly PartitionEntry[],
): DataFile[] | undefined {
  const files: DataFile[] = []
  for (let at = 0; at < name.length; at++) {
    const start = folders[folder[at] ?? -1]
    const place = partition[at] ?? -1
    const of = entries[place]
    if (start === undefined || (place >= 0 && of === undefined)) return undefined
    const file: DataFile = {
      key: start + (name[at] ?? noText),
      bytes: bytes[at] ?? 0,
      rows: rows[at] ?? 0,
      hash: hashes.slice(at * hashLength, (at + 1) * hashLength),
    }
    files.push(of ? Object.assign(file, { partition: of.values }) : file)
  }
  return files
}

function isPackedFiles(value: unknown): boolean {
  if (!isObject(value) || !isList(value['name'], isText)) return false
  const count = value['name'].length
  const hashes = value['hashes']
  return (
    ['folder', 'bytes', 'rows'].every((column) => isList(value[column], isCount, count)) &&
    isList(value['partition'], isPlace, count) &&
    typeof hashes === 'string' &&
    hashes.length === count * hashLength &&
    /^[0-9a-f]*$/.test(hashes)
  )
}

function isPackedPartitions(value: unknown): boolean {
  if (!isObject(value) || !isList(value['rows'], isCount)) return false
  const count = value['rows'].length
  return (
    isList(value['values'], (column) => isList(column, isText, count)) &&
    ['digest', 'fingerprint'].every((column) => isList(value[column], isText, count)) &&
    isList(value['note'], isPlace, count) &&
    isList(value['notes'], isObject)
  )
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0
const isPlace = (value: unknown): boolean => value === -1 || isCount(value)

function isList<T>(value: unknown, check: (item: unknown) => item is T, count?: number): value is readonly T[]
function isList(value: unknown, check: (item: unknown) => boolean, count?: number): boolean
function isList(value: unknown, check: (item: unknown) => boolean, count?: number): boolean {
  return Array.isArray(value) && (count === undefined || value.length === count) && value.every(check)
}

/** Values that come again and again, each kept once. */
class Dictionary<T> {
  readonly list: T[] = []
  private readonly places = new Map<string, number>()
  private readonly keyOf: (value: T) => string

  constructor(keyOf: (value: T) => string) {
    this.keyOf = keyOf
  }

  place(value: T): number {
    const key = this.keyOf(value)
    const known = this.places.get(key)
    if (known !== undefined) return known
    this.list.push(value)
    this.places.set(key, this.list.length - 1)
    return this.list.length - 1
  }
}
