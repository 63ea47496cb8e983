import { isObject } from '../base/form.ts'
import { ProblemError, type Place, type Problem } from '../base/problem.ts'
import { callSite } from '../base/site.ts'
import { didYouMean } from '../base/suggest.ts'

/** What an option holds, in the words of a hint. `any`: somebody else looks at it. */
export type OptionForm = keyof typeof forms | 'any'
export type OptionForms = { readonly [name: string]: OptionForm }

const isText = (value: unknown) => typeof value === 'string'

const forms = {
  'a text': isText,
  'a number': (value: unknown) => typeof value === 'number',
  'true or false': (value: unknown) => typeof value === 'boolean',
  'a list of texts': (value: unknown) => Array.isArray(value) && value.every(isText),
  'a list': (value: unknown) => Array.isArray(value),
  'an object': isObject,
  "an object such as { after: '2h' }": (value: unknown) => isObject(value) && isText(value['after']),
  'true, or the name of a folder': (value: unknown) => typeof value === 'boolean' || isText(value),
  "'error' or 'ignore'": (value: unknown) => value === 'error' || value === 'ignore',
  'an object of texts': (value: unknown) => isObject(value) && Object.values(value).every(isText),
} as const

/**
 * Options that there are not, and those that hold something else than they do. Types forbid both, but a module need
 * not have been type-checked, and an option that is misspelt would otherwise be left out without a word.
 *
 * @param what whose options they are, such as `source 'orders'`
 */
export function optionProblems(
  what: string,
  given: unknown,
  known: OptionForms,
  where: Place | undefined,
): Problem[] {
  const at = where && { where }
  const told = (message: string, hint?: string): Problem => {
    return { code: 'contract/option-invalid', message: `${what} ${message}`, ...at, ...(hint && { hint }) }
  }
  if (!isObject(given)) return [told(`has ${shown(given)} for its options`, 'write them as { name: value }')]
  return Object.entries(given).flatMap(([name, value]): Problem[] => {
    const form = Object.hasOwn(known, name) ? known[name] : undefined
    if (form === undefined) {
      const names = Object.keys(known)
      return [told(`has no option '${name}'`, didYouMean(name, names) ?? `there is ${names.join(', ')}`)]
    }
    if (value === undefined || form === 'any' || forms[form](value)) return []
    return [told(`has ${name}: ${shown(value)}`, `${name} is ${form}`)]
  })
}

/** The same for what must be right before anything can be made of it: throws a ProblemError with all that is wrong. */
export function requireOptions(what: string, given: unknown, known: OptionForms): void {
  throwAll(optionProblems(what, given, known, undefined))
}

/** Throws a ProblemError with all columns that are of no type. */
export function requireColumns(what: string, columns: unknown): void {
  const refused = (message: string): Problem => {
    const hint = 'write { id: t.integer(), name: t.varchar() }'
    return { code: 'contract/option-invalid', message: `${what} ${message}`, hint }
  }
  if (!isObject(columns)) return throwAll([refused('has no columns')])
  const wrong = Object.entries(columns).filter(
    ([, column]) => !(isObject(column) && isObject(column['spec'])),
  )
  throwAll(wrong.map(([name]) => refused(`has the column '${name}', which is of no type`)))
}

function throwAll(problems: readonly Problem[]): void {
  if (problems.length === 0) return
  const where = callSite()
  throw new ProblemError(problems.map((problem) => ({ ...problem, ...(where && { where }) })))
}

/** Lists and objects are not told: they may hold secrets. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value)
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
