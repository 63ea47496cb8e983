import type { Problem } from '../base/problem.ts'
import { secretForms } from './secret-forms.ts'

/** What stands in place of a secret. */
const blank = '***'

/** Blanks secrets in whole texts. */
export type Mask = (text: string) => string

/**
 * Blanks the values of secrets in a text, as they are and as they stand in addresses, JSON, SQL and encodings.
 * What a step prints or throws is kept with its run, and errors of other programs quote what they were given.
 *
 * @param names of variables of this process's environment
 */
export function maskOf(names: readonly string[]): Mask {
  return maskForms(formsIn(names))
}

function formsIn(names: readonly string[]): readonly string[] {
  return secretForms(names.map((name) => process.env[name]))
}

function maskForms(forms: readonly string[]): Mask {
  return (text) => {
    let masked = ''
    let at = 0
    for (const { start, end } of stretchesOf(text, forms)) {
      masked += text.slice(at, start) + blank
      at = end
    }
    return masked + text.slice(at)
  }
}

interface Stretch {
  readonly start: number
  end: number
}

/** Where secrets stand in a text, in order. Those that overlap are one: to blank either would leave the other's rest. */
function stretchesOf(text: string, forms: readonly string[]): Stretch[] {
  const found: Stretch[] = []
  for (const form of forms) {
    for (let start = text.indexOf(form); start >= 0; start = text.indexOf(form, start + 1))
      found.push({ start, end: start + form.length })
  }
  const joined: Stretch[] = []
  for (const next of found.toSorted((a, b) => a.start - b.start)) {
    const last = joined.at(-1)
    if (last && next.start < last.end) last.end = Math.max(last.end, next.end)
    else joined.push(next)
  }
  return joined
}

/** Blanks secrets in a text that comes in pieces. */
export interface MaskedStream {
  /** The next piece; what could be the beginning of a secret is held back. */
  next(piece: string): string
  /** What is still held back. */
  rest(): string
}

/** The same for a text that comes in pieces: a secret may begin in one and end in another. */
export function maskStream(names: readonly string[]): MaskedStream {
  const forms = formsIn(names)
  const mask = maskForms(forms)
  let held = ''
  return {
    next(piece) {
      const text = held + piece
      const open = beginOfOpen(text, forms)
      held = text.slice(open)
      return mask(text.slice(0, open))
    },
    rest() {
      const last = held
      held = ''
      return mask(last)
    },
  }
}

/** Where a secret begins that may go on in the next piece, or the end of the text. */
function beginOfOpen(text: string, forms: readonly string[]): number {
  const open = forms.reduce(
    (first, form) => Math.min(first, text.length - halfAtEnd(text, form)),
    text.length,
  )
  // Whole secrets that reach into what is held back are held back with it.
  const across = stretchesOf(text, forms).find(({ start, end }) => start < open && end > open)
  return across?.start ?? open
}

/** How long the beginning of a secret is with which a text ends. The whole secret is none. */
function halfAtEnd(text: string, form: string): number {
  for (let length = Math.min(form.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(form.slice(0, length))) return length
  }
  return 0
}

/** The same for all texts of Problems. */
export function maskProblems(problems: readonly Problem[], names: readonly string[]): readonly Problem[] {
  if (names.length === 0) return problems
  const mask = maskOf(names)
  return problems.map((problem) => ({
    ...problem,
    message: mask(problem.message),
    ...(problem.hint !== undefined && { hint: mask(problem.hint) }),
    ...(problem.related && {
      related: problem.related.map((each) => ({ ...each, message: mask(each.message) })),
    }),
  }))
}
