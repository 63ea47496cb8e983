import type { Lake } from '../lake/lake.ts'
import type { Manifest } from '../lake/types.ts'
import type { Staging } from './compute.ts'

/**
 * Puts the staged files of a new version in their places, with its manifest; gives the key of that. In a folder all
 * appear at once and are flushed together, in a bucket the manifest comes last. No reader sees them until the commit.
 */
export async function placeVersion(
  { storage, manifests }: Pick<Lake, 'storage' | 'manifests'>,
  { folder, prefix }: Staging,
  names: readonly string[],
  manifest: Manifest,
): Promise<string> {
  const name = 'manifest.json'
  const key = `${prefix}${name}`
  if (storage.kind === 'local') {
    await manifests.stage(folder, key, manifest)
    await storage.publish(folder, prefix, [...names, name])
    return key
  }
  if (names.length > 0) await storage.publish(folder, prefix, names)
  await manifests.write(key, manifest)
  return key
}
