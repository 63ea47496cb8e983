import { bytesText, countText } from './amount.ts'
import { tableLines } from './table-text.ts'
import type { Paint } from './paint.ts'

/** A partition as lists tell it. */
export interface PartitionLine {
  readonly name: string
  readonly rows: number
  readonly bytes: number
  readonly files: number
  readonly status?: string
  /** Rows that wait to be backfilled. */
  readonly late?: number
}

/** Of more partitions than this the first and last are listed, with a count in between. */
const listed = 12
const atEnds = 5

/** The partitions of a table as lines. */
export function partitionLines(
  partitions: readonly PartitionLine[],
  out: { readonly width: number; readonly paint: Paint },
): string[] {
  const some = (has: (each: PartitionLine) => unknown) => partitions.some((each) => has(each) !== undefined)
  const [hasStatus, hasLate] = [some(({ status }) => status), some(({ late }) => late)]
  const heads = [
    { title: 'partition' },
    { title: 'rows', align: 'right' as const },
    { title: 'bytes', align: 'right' as const },
    { title: 'files', align: 'right' as const },
    ...(hasStatus ? [{ title: 'status' }] : []),
    ...(hasLate ? [{ title: 'late rows', align: 'right' as const }] : []),
  ]
  const line = ({ name, rows, bytes, files, status = '', late }: PartitionLine) => [
    name,
    countText(rows),
    bytesText(bytes),
    countText(files),
    ...(hasStatus ? [status] : []),
    ...(hasLate ? [late === undefined ? '' : countText(late)] : []),
  ]
  if (partitions.length <= listed) return tableLines(heads, partitions.map(line), out)
  const between = `... ${countText(partitions.length - 2 * atEnds)} more`
  const shown = [
    ...partitions.slice(0, atEnds).map(line),
    heads.map((_, at) => (at === 0 ? between : '')),
    ...partitions.slice(-atEnds).map(line),
  ]
  return tableLines(heads, shown, out)
}
