import { digestOf, sha256 } from '../base/digest.ts'
import type { Manifest } from './types.ts'

/** What of a version is known without reading rows. */
export type Shape = Pick<Manifest, 'engine' | 'columns' | 'key' | 'rows' | 'stats' | 'partitions'>

/**
 * The digest of what is known of a version without reading rows; 24 hexadecimal digits. Heads hold it, so that most
 * changed tables are told from those before without a request to the storage. Versions of which it is the same
 * may still hold other rows.
 */
export function shapeOf({ engine, columns, key, rows, stats, partitions }: Shape): string {
  // Content digests of all rows; there may be very many.
  const parts = partitions?.map((each) => [each.values, each.rows, each.digest])
  const content = parts && { partitions: sha256(JSON.stringify(parts)) }
  return digestOf({ engine, columns, key, rows, stats, ...content }).slice(0, 24)
}
