import type { Json } from '../base/wire.ts'

/** The kinds of storage that a file under `storage/` can name. */
export const storageKinds = ['local', 'memory', 's3', 'azure', 'gcs'] as const
export type StorageKind = (typeof storageKinds)[number]

/** Where the lake of a `local` storage lies when its file does not say, relative to the project. */
export const defaultRoot = 'storage/lake'

/** How many bytes of remote files are kept on this machine when a storage's file does not say. */
export const defaultCache = '10GB'

/**
 * What `storage/<name>.yaml` says, as plain JSON that can be kept in a file: `${env:NAME}` references still
 * stand in it as they were written.
 */
export interface StorageConfig {
  readonly name: string
  readonly kind: StorageKind
  /** The project's folder, absolute: what a `root` that comes from the environment is relative to. */
  readonly project: string
  /** The folder of the lake, absolute unless it starts with a reference; empty for the kind `memory`. */
  readonly root: string
  /** The other keys of the file, as they were written. */
  readonly options: { readonly [option: string]: Json }
}
