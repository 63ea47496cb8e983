import type { SourceRead } from '../run/events.ts'
import { countText, plural } from './amount.ts'
import type { Paint } from './paint.ts'
import { oneLine } from './width.ts'

/** Rows that a source rejected, as lines; nothing when all were good. */
export function sourceLines({ source, rows = 0, rejected = 0, rejects }: SourceRead, paint: Paint): string[] {
  if (rejected === 0) return []
  const line = `${paint.yellow('!')} source ${oneLine(source)}: ${countText(rejected)} of ${plural(rows, 'row')} rejected`
  return rejects === undefined ? [line] : [line, paint.dim(`  see sluice show ${rejects}`)]
}
