import { placeText } from '../base/problem.ts'
import type { Reason } from '../freshness/reason.ts'
import { oneLine } from './width.ts'

/** A reason in one clause: `input-changed raw: silver.trips@3 -> @4 (notebooks/a.ts:3)`. */
export function reasonText(reason: Reason): string {
  const { word, subject, detail, where } = reason
  // A detail often begins with its subject (`maxFare: 300 -> 500`): it is said once.
  const said = subject === undefined || (detail !== undefined && detail.startsWith(subject))
  const about = said ? (detail ?? '') : detail === undefined ? subject : `${subject}: ${detail}`
  const place = where === undefined ? '' : `(${placeText(where)})`
  return oneLine([word, about, place].filter((part) => part !== '').join(' '))
}

/** All reasons in one line. */
export function reasonsText(reasons: readonly Reason[]): string {
  return reasons.map(reasonText).join('; ')
}
