import type { Lake } from '../lake/lake.ts'
import type { Head } from '../lake/types.ts'
import type { StatIndex } from '../notebook/stat-index.ts'

/** Under which kind the index keeps that a file's content was compared with its manifest. */
const compared = 'manifest'

/**
 * Whether the files of a head are what was published, by stat: on a local disk a file that was edited or
 * deleted behind our back is noticed at once. A file that the index does not know is hashed and compared with
 * its manifest. On a bucket nothing is read here.
 */
export async function lookAtOutput(
  lake: Lake,
  head: Head,
  index: StatIndex,
): Promise<'good' | 'missing' | 'changed'> {
  for (const file of head.files) {
    const local = lake.storage.pathOf(file.key)
    if (local === undefined) continue
    const known = index.lookup(local)
    if (known === null) return 'missing'
    if (known?.data[compared] === head.version) continue
    const hash = await index.contentHash(local)
    if (hash === null) return 'missing'
    const manifest = await lake.manifests.read(head.manifest)
    const published = manifest.files.find(({ key }) => key === file.key)
    if (published?.hash !== hash) return 'changed'
    index.annotate(local, compared, head.version)
  }
  return 'good'
}
