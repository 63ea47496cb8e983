import type { IncrementalDone } from '../lake/types.ts'
import { countText, plural } from './amount.ts'
import { oneLine } from './width.ts'

/**
 * How an incremental step was computed: `full rebuild: bronze.orders lost 3 rows since @7`, or
 * `by changes of raw: +120 -3 rows since @7`.
 */
export function incrementalText({ full, changes = {} }: IncrementalDone): string {
  if (full !== undefined) return oneLine(`full rebuild: ${full}`)
  const told = Object.entries(changes).map(([handle, { added = 0, removed = 0, files, since }]) => {
    const lost = removed > 0 ? ` -${countText(removed)}` : ''
    const many =
      files === undefined
        ? `+${countText(added)}${lost} ${added + removed === 1 ? 'row' : 'rows'}`
        : plural(files, 'new file')
    return `${handle} ${many}${since === undefined ? '' : ` since @${since.split('@').at(-1)}`}`
  })
  return oneLine(`by changes: ${told.join(', ')}`)
}
