import type { LedgerLine, SqlDelivery } from '../connect/delivery.ts'
import type { Delivering } from './deliver-file.ts'

/**
 * Warns when another lake or environment has delivered to the same target since this one did: each of them makes the
 * target what its own table is.
 *
 * @param lines all lines of the target, as they were before
 * @param own the line of this lake and environment among them
 * @param how whether rows were written now, or had been before
 */
export function tellOthers(
  { scope, findings: { step } }: Delivering,
  mode: SqlDelivery['mode'],
  lines: readonly LedgerLine[],
  own: LedgerLine | undefined,
  how: 'written' | 'done' = 'written',
): void {
  const last = deliveredSince(lines, own)
  if (!last) return
  const who = whoDelivered(last, scope.workspace.lake.id)
  const since = `${who} delivered to ${step.notebook} ${own ? 'since' : 'before'}, at ${last.at} (run ${last.run})`
  const undone =
    mode === 'upsert' ? 'what it wrote under the same keys is overwritten' : 'its rows are replaced'
  const anew = mode === 'append' ? 'deliver once with replace' : '--force delivers again'
  const what = how === 'written' ? undone : `what stands there may be its rows: ${anew}`
  const message = `${since}; ${what}. Two that deliver to one table take turns: give each one of its own`
  scope.emit({ event: 'notice', level: 'warn', step: step.name, message })
}

/** The last delivery of another lake or environment, when it came after one's own. */
export function deliveredSince(
  lines: readonly LedgerLine[],
  own: LedgerLine | undefined,
): LedgerLine | undefined {
  const [last] = lines
    .filter((line) => line !== own && line.at > (own?.at ?? ''))
    .toSorted((a, b) => (a.at < b.at ? 1 : -1))
  return last
}

/** Who delivered, as seen from a lake. */
export function whoDelivered({ lake, environment }: LedgerLine, from: string): string {
  return lake === from ? `environment '${environment}'` : `another lake (its environment '${environment}')`
}
