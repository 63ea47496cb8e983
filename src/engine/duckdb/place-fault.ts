import type { Fault } from './faults.ts'
import { isName, nameOf, tokensOf } from './lex.ts'

/** A fault with its index in the query's text. */
export interface PlacedFault extends Fault {
  readonly offset?: number
}

/** Of some faults DuckDB tells the name and no place, such as of a column in USING or EXCLUDE. */
const namedOnly =
  /^Column "(.*)" (?:does not exist on|in (?:EXCLUDE|REPLACE|RENAME) list)|^Could not find key "(.*)" in struct/

/**
 * A fault with its place in the query. Without one, it is where the name stands that it is about, when that stands
 * there once.
 */
export function placeFault(
  fault: Fault,
  text: string,
  indexAt: (bytes: number) => number | undefined,
): PlacedFault {
  const offset = fault.position === undefined ? onlyPlace(fault, text) : indexAt(fault.position)
  return { ...fault, ...(offset !== undefined && { offset }) }
}

function onlyPlace({ message }: Fault, text: string): number | undefined {
  const match = namedOnly.exec(message)
  const name = (match?.[1] ?? match?.[2])?.toLowerCase()
  if (name === undefined) return undefined
  const [place, ...others] = tokensOf(text).filter(
    (token) => isName(token) && nameOf(token).toLowerCase() === name,
  )
  return others.length === 0 ? place?.start : undefined
}
