import type { DeclaredCheck } from './check-form.ts'

/** How messages call a check of which rows are told: by what it asks, and by its name when a user gave it one. */
export function checkText(check: DeclaredCheck): string {
  const name = check.named ? ` '${check.name}'` : ''
  return `the check${name}${atColumn(check)}: ${askedText(check)}`
}

/** ` of column 'fare'`, for a check that stands at one. */
function atColumn(check: DeclaredCheck): string {
  return 'column' in check && check.column !== undefined ? ` of column '${check.column}'` : ''
}

/** What a check asks, in few words. */
export function askedText(check: DeclaredCheck): string {
  switch (check.kind) {
    case 'row':
      return check.condition
    case 'oneOf':
      return `one of ${check.values.join(', ')}`
    case 'range':
      return boundsText(check)
    case 'matches':
      return `matches /${check.pattern}/${check.flags}`
    case 'reference':
      return `references ${check.table}.${check.to}`
    case 'unique':
      return `unique (${check.columns.join(', ')})`
    case 'rowCount':
      return `rows ${boundsText(check)}`
    case 'fresh':
      return `not older than ${check.within}`
    case 'query':
      return check.query.text.trim().replace(/\s+/g, ' ').slice(0, 80)
    case 'value':
      return `${check.expression} ${boundsText(check)}`
  }
}

/** `at least 1`, `at most 9`, `between 1 and 9`. */
export function boundsText({
  min,
  max,
}: {
  readonly min?: number | string
  readonly max?: number | string
}): string {
  if (max === undefined) return `at least ${min}`
  return min === undefined ? `at most ${max}` : `between ${min} and ${max}`
}
