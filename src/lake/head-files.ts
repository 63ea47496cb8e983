import { listedFiles, parseManifest } from './manifest.ts'
import { readSealed } from './sealed.ts'
import type { DataFile, Head } from './types.ts'
import type { Storage } from '../storage/storage.ts'

/** The files of a version as its head has them. Very many are not listed: each commit repeats the heads since a checkpoint. */
export function filesInHead(files: readonly DataFile[]): Pick<Head, 'files' | 'many'> {
  if (files.length > listedFiles) return { files: [], many: files.length }
  return { files: files.map(({ key, bytes }) => ({ key, bytes })) }
}

type Named = Pick<Head, 'manifest' | 'files' | 'many'>

/** The files of a version, from its manifest where the head does not list them; undefined where that is gone. */
export async function filesOfHead(storage: Storage, head: Named): Promise<Head['files'] | undefined> {
  if (head.many === undefined) return head.files
  const read = await readSealed(storage, head.manifest)
  return read && parseManifest(head.manifest, read.opened).files
}

/** The keys of a version: of its manifest, and of its files. Those of a manifest that is gone are not known. */
export async function keysOfHead(storage: Storage, head: Named): Promise<string[]> {
  return [head.manifest, ...((await filesOfHead(storage, head)) ?? []).map(({ key }) => key)]
}
