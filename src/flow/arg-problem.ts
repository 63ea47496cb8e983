import type { z } from 'zod'
import type { Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Told } from './describe-context.ts'
import { sentences } from './sentences.ts'

type Issue = z.core.$ZodIssue

/** zod's words for types that we call otherwise. */
const words: Readonly<Record<string, string>> = {
  date: 'Date',
  array: 'list',
  int: 'a whole number',
  record: 'object',
}

/**
 * An issue of zod as a sentence that names step and arg.
 *
 * @param secret whether the value of an arg must not be shown
 */
export function argProblem(
  issue: Issue,
  given: object,
  secret: (arg: string) => boolean,
  told: Told,
): Problem {
  const arg = String(issue.path[0] ?? '')
  const value = issue.path.reduce<unknown>(
    (from, key) => (from as Record<PropertyKey, unknown> | undefined)?.[key],
    given,
  )
  const sentence = { code: 'notebook/args-invalid' as const, where: told.where }
  if (issue.code === 'unrecognized_keys') {
    const name = [...issue.path.map(String), issue.keys[0] ?? ''].join('.')
    const hint = didYouMean(
      name,
      Object.keys(given).filter((key) => key !== name),
    )
    return { ...sentence, message: sentences.argUnknown(told.step, name), ...(hint && { hint }) }
  }
  if (issue.path.length === 0)
    return { ...sentence, message: `step '${told.step}': its args do not fit: ${issue.message}` }
  const name = issue.path.map(String).join('.')
  if (value === undefined) return { ...sentence, message: sentences.argMissing(told.step, name) }
  if (issue.code === 'invalid_type' && wordOf(value) !== issue.expected) {
    const expected = words[issue.expected] ?? issue.expected
    return { ...sentence, message: sentences.argType(told.step, name, wordOf(value), expected) }
  }
  if (secret(arg))
    return { ...sentence, message: `step '${told.step}': arg '${name}' does not fit its schema` }
  return { ...sentence, message: `step '${told.step}': arg '${name}': ${issue.message}${shown(value)}` }
}

/** A value that fits in a sentence. */
function shown(value: unknown): string {
  const short =
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    typeof value === 'bigint'
  return short ? `, and it is '${value}'` : ''
}

function wordOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  if (value instanceof Date) return 'Date'
  return Number.isNaN(value) ? 'not a number' : typeof value
}
