import { sha256 } from '../base/digest.ts'
import type { LakeInfo } from './lake-info.ts'
import type { DeltaSchema } from './delta-schema.ts'
import { deltaStats } from './delta-stats.ts'
import type { Head, Manifest } from './types.ts'

/**
 * Versions of a Delta table as text, one JSON object a line. They are functions of the lake's log and manifests
 * alone: no clock, no random ids, no dates of files. So two processes that export the same write the same bytes.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md
 */
export interface DeltaPlace {
  readonly lake: LakeInfo
  readonly env: string
  readonly table: string
  /** The folder of the Delta table, ending in `/`. */
  readonly root: string
}

/** What happened to a table in a commit. */
export interface DeltaMoment {
  /** The number of the version in the Delta log. */
  readonly number: number
  readonly commit: number
  /** When it was committed, ISO 8601. */
  readonly at: string
  /** The files, of the version before, that lie under the root. */
  readonly before: Head['files']
}

/**
 * Why a version cannot be read as Delta. It stands as a feature that readers must know, so that each of them
 * refuses by this name instead of showing old rows, or none.
 */
export type DeltaRefusal = 'sluiceNotExportable' | 'sluiceDropped' | 'sluiceMoved' | 'sluiceVersionDeleted'

/** Nobody else may write here: what other tools call a table is what the log of an environment says. */
const readOnly = 'sluiceReadOnly'

/** As long as an interval may be without overflow in any reader: VACUUM then deletes nothing by its own rules. */
const centuries = 'interval 36500 days'

/** The version 0 of every Delta table: columns and no rows, so that version n is `@n`. */
export function emptyVersion(place: DeltaPlace, at: string, schema: DeltaSchema): string {
  return linesOf([
    commitInfo(at, 'CREATE TABLE', `${place.table} before its first version`),
    protocol(schema),
    metaData(place, schema.schema),
  ])
}

/** A version with the rows of a manifest. */
export function dataVersion(
  place: DeltaPlace,
  moment: DeltaMoment,
  head: Head,
  manifest: Manifest,
  schema: DeltaSchema,
): string {
  const kept = new Set(manifest.files.map(({ key }) => key))
  const adds = manifest.files.map(({ key, bytes, rows }) => ({
    add: {
      path: pathIn(place.root, key),
      partitionValues: {},
      size: bytes,
      modificationTime: Date.parse(manifest.createdAt),
      dataChange: true,
      stats: deltaStats(manifest, rows),
    },
  }))
  return linesOf([
    commitInfo(moment.at, 'WRITE', `${place.table}@${head.seq}, commit ${moment.commit} of ${place.env}`),
    protocol(schema),
    metaData(place, schema.schema),
    ...removes(
      place,
      moment,
      moment.before.filter(({ key }) => !kept.has(key)),
    ),
    ...adds,
  ])
}

/** A version that no reader opens, because it asks for a feature that says why. */
export function refusedVersion(place: DeltaPlace, moment: DeltaMoment, why: DeltaRefusal): string {
  const field = { name: why, type: 'string', nullable: true, metadata: {} }
  const features = { readerFeatures: [why], writerFeatures: [why, readOnly] }
  return linesOf([
    commitInfo(moment.at, 'WRITE', `${place.table}, commit ${moment.commit} of ${place.env}: ${why}`),
    { protocol: { minReaderVersion: 3, minWriterVersion: 7, ...features } },
    metaData(place, JSON.stringify({ type: 'struct', fields: [field] })),
    ...removes(place, moment, moment.before),
  ])
}

/** Whether a text is a version that Sluice wrote. */
export function isOurs(text: string): boolean {
  return (
    text.startsWith('{"commitInfo":{') && text.slice(0, text.indexOf('\n')).includes(`"engineInfo":"Sluice"`)
  )
}

function commitInfo(at: string, operation: string, userMetadata: string): object {
  const operationParameters = operation === 'WRITE' ? { mode: 'Overwrite' } : {}
  const timestamp = Date.parse(at)
  return {
    commitInfo: { timestamp, operation, operationParameters, engineInfo: 'Sluice', userMetadata },
  }
}

/** Writers of version 7 must know every feature that is listed. Readers of version 1 look at none. */
function protocol({ timestampNtz }: DeltaSchema): object {
  if (!timestampNtz)
    return { protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: [readOnly] } }
  const features = { readerFeatures: ['timestampNtz'], writerFeatures: ['timestampNtz', readOnly] }
  return { protocol: { minReaderVersion: 3, minWriterVersion: 7, ...features } }
}

/** Every version says it anew, so that it hangs on nothing that a cleaning can delete. */
function metaData({ lake, table, root }: DeltaPlace, schemaString: string): object {
  return {
    metaData: {
      id: uuidOf(`${lake.id}\n${table}\n${root}`),
      name: table,
      format: { provider: 'parquet', options: {} },
      schemaString,
      partitionColumns: [],
      configuration: {
        'delta.deletedFileRetentionDuration': centuries,
        'delta.logRetentionDuration': centuries,
      },
      createdTime: Date.parse(lake.createdAt),
    },
  }
}

function removes({ root }: DeltaPlace, { at }: DeltaMoment, files: Head['files']): object[] {
  return files.map(({ key, bytes }) => ({
    remove: {
      path: pathIn(root, key),
      deletionTimestamp: Date.parse(at),
      dataChange: true,
      extendedFileMetadata: true,
      partitionValues: {},
      size: bytes,
    },
  }))
}

/** A path relative to the table, encoded as RFC 2396 wants it. */
function pathIn(root: string, key: string): string {
  return key.slice(root.length).split('/').map(encodeURIComponent).join('/')
}

/** A UUID that stands for a text: version 8 of RFC 9562, with the first digits of its SHA-256. */
function uuidOf(text: string): string {
  const hex = sha256(text)
  const variant = '89ab'.charAt(Number.parseInt(hex.charAt(16), 16) % 4)
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, variant + hex.slice(17, 20)]
  return [...parts, hex.slice(20, 32)].join('-')
}

function linesOf(actions: readonly object[]): string {
  return actions.map((action) => `${JSON.stringify(action)}\n`).join('')
}
