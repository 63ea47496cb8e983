/** The kinds of storage that a file under `storage/` can name. */
export const storageKinds = ['local', 'memory'] as const
export type StorageKind = (typeof storageKinds)[number]

/** Where the lake of a `local` storage lies when its file does not say, relative to the project. */
export const defaultRoot = 'storage/lake'
