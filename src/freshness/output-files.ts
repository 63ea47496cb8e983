import { problemsOf } from '../base/problem.ts'
import type { Lake } from '../lake/lake.ts'
import type { Head } from '../lake/types.ts'
import type { StatIndex } from '../notebook/stat-index.ts'
import { told } from '../storage/fault.ts'

/** Under which kind the index keeps that a file's content was compared with its manifest. */
const compared = 'manifest'

/**
 * Whether the files of a head, its manifest among them, are what was published, by stat: on a local disk a file
 * that was edited or deleted behind our back is noticed at once. A file that the index does not know is hashed
 * and compared with its manifest. On a bucket nothing is read here.
 */
export async function lookAtOutput(
  lake: Lake,
  table: string,
  head: Head,
  index: StatIndex,
): Promise<'good' | 'missing' | 'changed'> {
  for (const key of [head.manifest, ...head.files.map((file) => file.key)]) {
    const local = lake.storage.pathOf(key)
    if (local === undefined) continue
    const known = index.lookup(local)
    if (known === null) return 'missing'
    if (known?.data[compared] === head.version) continue
    const hash = await told(lake.storage.place, 'read', key, () => index.contentHash(local))
    if (hash === null) return 'missing'
    if (!(await isPublished(lake, table, head, key, hash))) return 'changed'
    index.annotate(local, compared, head.version)
  }
  return 'good'
}

/** Whether a file is what the manifest says; a manifest is when it can be read, for it has a checksum. */
async function isPublished(
  lake: Lake,
  table: string,
  head: Head,
  key: string,
  hash: string,
): Promise<boolean> {
  try {
    const manifest = await lake.version(table, head)
    return key === head.manifest || manifest.files.some((file) => file.key === key && file.hash === hash)
  } catch (error) {
    if (problemsOf(error)) return false
    throw error
  }
}
