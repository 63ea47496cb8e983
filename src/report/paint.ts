import pc from 'picocolors'
import type { Outcome } from '../run/events.ts'

/** Functions that colour text, or leave it alone. */
export type Paint = ReturnType<typeof pc.createColors>

/** No colours. */
export const plainPaint: Paint = pc.createColors(false)

/** Colours, or none. */
export function paintOf(colour: boolean): Paint {
  return pc.createColors(colour)
}

/** Whether to use colours: NO_COLOR (no-color.org) wins, then FORCE_COLOR (0 means no), then whether it is a terminal. */
export function colourWanted(
  env: { readonly [name: string]: string | undefined },
  isTerminal: boolean,
): boolean {
  const { NO_COLOR: no, FORCE_COLOR: force, TERM: term } = env
  if (no !== undefined && no !== '') return false
  if (force !== undefined) return force !== '0' && force !== 'false'
  return isTerminal && term !== 'dumb'
}

export const marks: { readonly [O in Outcome]: string } = {
  ran: '✓',
  reused: '↺',
  fresh: '·',
  failed: '✗',
  blocked: '–',
  cancelled: '⊘',
}

/** The colour of an outcome. */
export function paintOutcome(paint: Paint, outcome: Outcome, text: string): string {
  switch (outcome) {
    case 'ran':
      return paint.green(text)
    case 'reused':
      return paint.cyan(text)
    case 'fresh':
      return paint.dim(text)
    case 'failed':
      return paint.red(text)
    case 'blocked':
    case 'cancelled':
      return paint.yellow(text)
  }
}
