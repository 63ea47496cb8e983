import type { PartitionFinished, PartitionsPlanned } from '../run/events.ts'
import type { PlannedPartition } from '../run/options.ts'
import { plural } from './amount.ts'
import { oneLine } from './width.ts'

/** Of so many partitions each has a line of its own. */
const listed = 10

/** Partitions that a run would compute, one line each: `month=2019-03: bronze.trips changed`. */
export function plannedPartitionLines(partitions: readonly PlannedPartition[], most = listed): string[] {
  const lines = partitions.slice(0, most).map((each) => oneLine(`${each.partition}: ${whyText(each)}`))
  const more = partitions.length - lines.length
  return more > 0 ? [...lines, `and ${plural(more, 'more partition')}`] : lines
}

function whyText({ why, inputs }: PlannedPartition): string {
  const names = inputs.join(' or ')
  if (why === 'removed') return `gone${names === '' ? '' : ` from ${names}`}, its rows go`
  if (why === 'forced') return 'forced'
  if (why === 'lost') return 'a file is gone or was edited'
  if (names === '') return why === 'new' ? 'never computed' : 'what all partitions share changed'
  if (why === 'late') return `late rows in ${names}`
  return why === 'new' ? `new in ${names}` : `${names} changed`
}

/** Which partitions a step is about to compute: `2 of 12 partitions: month=2019-03, month=2019-04`. */
export function partitionsLine(event: PartitionsPlanned): string {
  const { stale, removed, fresh, late, left, partitions } = event
  const all = stale + fresh + late + left
  const names = partitions.slice(0, 3).join(', ')
  const more = stale > 3 ? `, and ${stale - 3} more` : ''
  const gone = removed > 0 ? `${stale > 0 ? '; ' : ''}${plural(removed, 'partition')} removed` : ''
  const told = stale > 0 ? `${stale} of ${plural(all, 'partition')}: ${names}${more}` : ''
  return oneLine(`${told}${gone}`)
}

/** How far a step is: `partition 12 of 40`. */
export function partitionProgress({ done, of }: Pick<PartitionFinished, 'done' | 'of'>): string {
  return `partition ${Math.min(done + 1, of)} of ${of}`
}
