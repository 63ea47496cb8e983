import type { Problem } from '../base/problem.ts'

/** Shorter values would blank half of every text, and are no secrets. */
const shortest = 4

/**
 * Blanks the values of secrets in a text, as they are and as they stand in an address. What a step prints or
 * throws is kept with its run, and errors of other programs quote what they were given.
 */
export function maskOf(names: readonly string[]): (text: string) => string {
  const values = names.flatMap((name) => process.env[name] ?? []).filter((value) => value.length >= shortest)
  const forms = [...new Set(values.flatMap((value) => [value, encodeURIComponent(value)]))]
  // The longest first: one secret may be the beginning of another.
  const longestFirst = forms.toSorted((a, b) => b.length - a.length)
  return (text) => longestFirst.reduce((masked, value) => masked.replaceAll(value, '***'), text)
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
