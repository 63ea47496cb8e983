import type { GcResult } from '../run/gc.ts'
import { bytesText, plural } from './amount.ts'
import { tableLines } from './table-text.ts'
import type { Paint } from './paint.ts'

/** What a cleaning deleted, or would delete, by table; then the rules. */
export function gcText(result: GcResult, view: { readonly width: number; readonly paint: Paint }): string {
  const { tables, dryRun, rules, pinned } = result
  const rows = tables.map(({ table, versions, bytes }) => [table, String(versions), bytesText(bytes)])
  const columns = [
    { title: 'table' },
    { title: 'versions', align: 'right' as const },
    { title: 'size', align: 'right' as const },
  ]
  const list = rows.length === 0 ? [] : [...tableLines(columns, rows, view), '']
  return [
    ...list,
    sentence(result),
    `Kept: what an environment had within ${rules.retain}, objects younger than ${rules.grace}, runs of the last ${rules.runs}.`,
    ...(pinned > 0 ? [`Kept too: what ${plural(pinned, 'live run')} may read.`] : []),
    ...(dryRun ? ['Nothing was deleted: this was a dry run.'] : []),
    '',
  ].join('\n')
}

function sentence({ dryRun, tables, bytes, cacheEntries, runs, leftovers, kept }: GcResult): string {
  const versions = tables.reduce((sum, table) => sum + table.versions, 0)
  const gone = [
    `${plural(versions, 'version')} (${bytesText(bytes)})`,
    ...(cacheEntries > 0
      ? [plural(cacheEntries, 'entry of the shared cache', 'entries of the shared cache')]
      : []),
    ...(runs > 0 ? [`the records of ${plural(runs, 'run')}`] : []),
    ...(leftovers > 0
      ? [plural(leftovers, 'leftover of a killed process', 'leftovers of killed processes')]
      : []),
  ]
  return `${dryRun ? 'Would delete' : 'Deleted'} ${gone.join(', ')}; ${plural(kept, 'object')} of tables ${kept === 1 ? 'stays' : 'stay'}.`
}
