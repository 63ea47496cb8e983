import type { DataChecked } from '../run/events.ts'
import type { Paint } from './paint.ts'
import { oneLine } from './width.ts'

/** What a data check found that fails nothing, as lines: `! silver.trips: 12 rows break ... (kept)`. */
export function checkLines(
  { outcome, table, message = '', failures, check, rejects }: DataChecked,
  paint: Paint,
): string[] {
  if (outcome === 'skipped') return [`${paint.cyan('note:')} ${table}: ${oneLine(message)}`]
  if (outcome !== 'warned' && outcome !== 'rejected') return []
  const became = outcome === 'rejected' ? 'rejected' : 'kept'
  const see =
    outcome === 'rejected' ? rejects && `sluice show ${rejects}` : failures && failuresCommand(table, check)
  const line = `${paint.yellow('!')} ${table}: ${oneLine(message)} (${became})`
  return see ? [line, paint.dim(`  see ${see}`)] : [line]
}

/** The command that shows rows that break a check. */
export function failuresCommand(table: string, check: string): string {
  return `sluice show ${table} --failures ${check}`
}
