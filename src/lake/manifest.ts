import { isManifest, manifestFault } from './manifest-shape.ts'
import { createOnce } from './create.ts'
import { checkFormat, corrupt, readSealed, seal } from './sealed.ts'
import type { Opened } from './sealed.ts'
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
      if (!(await createOnce(storage, key, seal(manifest), pause)).ours)
        throw corrupt(key, 'another manifest is there already, though version ids are unique')
      keep(key, manifest)
    },
    async read(key) {
      const manifest = known.get(key)
      return manifest ?? keep(key, parseManifest(key, (await readSealed(storage, key))?.opened))
    },
  }
}

const hint = '`sluice repair` runs the step that writes the table again; or put the object back from a backup'

/** The manifest in sealed bytes that were opened; `storage/corrupt` names the key where it is missing or damaged. */
export function parseManifest(key: string, opened: Opened | undefined): Manifest {
  if (opened === undefined) throw corrupt(key, 'it is missing', hint)
  if ('fault' in opened) throw corrupt(key, opened.fault, hint)
  checkFormat(key, opened.value)
  if (!isManifest(opened.value)) throw corrupt(key, manifestFault(opened.value), hint)
  return opened.value
}
