import { isManifest, manifestFault } from './manifest-shape.ts'
import { packManifest, unpackManifest } from './packed-manifest.ts'
import { createOnce } from './create.ts'
import { checkFormat, corrupt, readSealed, seal } from './sealed.ts'
import type { Opened } from './sealed.ts'
import type { Shape } from '../base/form.ts'
import type { Manifest } from './types.ts'
import { pauseAbout } from '../storage/again.ts'
import type { Pause } from '../storage/again.ts'
import type { Storage } from '../storage/storage.ts'

/** The manifests of a lake. They never change, so one that was read is kept in memory. */
export interface Manifests {
  /** Writes the manifest of a new version under its key. Writing the same again is no error. */
  write(key: string, manifest: Manifest): Promise<void>
  /** Reads a manifest and checks it; `storage/corrupt` names the key where it is missing or damaged. */
  read(key: string): Promise<Manifest>
}

/** Manifests of more files than this are packed, and heads do not list them. */
export const listedFiles = 200

/** How many manifests are kept in memory. */
const kept = 2000

/** The manifests in a storage. */
export function manifestsIn(storage: Storage, pause: Pause = pauseAbout): Manifests {
  const known = new Map<string, Manifest>()
  function keep(key: string, manifest: Manifest): Manifest {
    const oldest = known.size < kept ? undefined : known.keys().next().value
    if (oldest !== undefined) known.delete(oldest)
    known.set(key, manifest)
    return manifest
  }
  return {
    async write(key, manifest) {
      const { bytes, seen } = written(key, manifest)
      if (!(await createOnce(storage, key, bytes, pause)).ours)
        throw corrupt(key, 'another manifest is there already, though version ids are unique')
      keep(key, seen)
    },
    async read(key) {
      const manifest = known.get(key)
      return manifest ?? keep(key, parseManifest(key, (await readSealed(storage, key))?.opened))
    },
  }
}

/** A manifest as it is written, and as it is read: whoever seals it again gets the same checksum. */
function written(key: string, manifest: Manifest): { bytes: Uint8Array; seen: Manifest } {
  if (manifest.files.length <= listedFiles) return { bytes: seal(manifest), seen: manifest }
  const packed = packManifest(manifest)
  return { bytes: seal(packed), seen: readManifest(key, packed as unknown as Shape) }
}

const hint = '`sluice repair` runs the step that writes the table again; or put the object back from a backup'

/** The manifest in sealed bytes that were opened; `storage/corrupt` names the key where it is missing or damaged. */
export function parseManifest(key: string, opened: Opened | undefined): Manifest {
  if (opened === undefined) throw corrupt(key, 'it is missing', hint)
  if ('fault' in opened) throw corrupt(key, opened.fault, hint)
  return readManifest(key, opened.value)
}

function readManifest(key: string, value: Shape): Manifest {
  if (value['format'] === 2) {
    const unpacked = unpackManifest(value)
    if (unpacked === undefined || !isManifest({ ...unpacked, files: [], partitions: [] }))
      throw corrupt(key, 'its lists are malformed', hint)
    return unpacked as unknown as Manifest
  }
  checkFormat(key, value)
  if (!isManifest(value)) throw corrupt(key, manifestFault(value), hint)
  return value
}
