import { nameOfRule } from '../contract/check-name.ts'
import type { CheckRule } from '../contract/check-form.ts'
import type { DeclaredCheck, DeclaredColumn } from '../contract/spec.ts'
import type { PagePath } from './yaml-page.ts'
import type { YamlValues } from './yaml-values.ts'

/** The formats of text that are types of columns. */
export const formats: { readonly [format: string]: string | undefined } = {
  'date-time': 'TIMESTAMP WITH TIME ZONE',
  date: 'DATE',
  uuid: 'UUID',
}

/** The values that `enum` or `const` accept. */
export function acceptedIn(values: YamlValues, path: PagePath): readonly unknown[] | undefined {
  const several = values.any([...path, 'enum'])
  if (Array.isArray(several)) return several as unknown[]
  const one = values.any([...path, 'const'])
  return one === undefined ? undefined : [one]
}

/** What a property accepts, as checks. */
export function checksIn(
  values: YamlValues,
  path: PagePath,
  { name: column, type }: DeclaredColumn,
): DeclaredCheck[] {
  const rules: CheckRule[] = []
  const accepted = acceptedIn(values, path)
  if (accepted !== undefined)
    rules.push({ kind: 'oneOf', column, values: accepted.filter((each) => each !== null).map(String) })
  const [min, max] = [values.number([...path, 'minimum']), values.number([...path, 'maximum'])]
  if (min !== undefined || max !== undefined) {
    const word = min === undefined ? 'max' : max === undefined ? 'min' : 'between'
    rules.push({
      kind: 'range',
      column,
      word,
      ...(min !== undefined && { min: String(min) }),
      ...(max !== undefined && { max: String(max) }),
    })
  }
  const quoted = `"${column.replaceAll('"', '""')}"`
  const [over, under] = [
    values.number([...path, 'exclusiveMinimum']),
    values.number([...path, 'exclusiveMaximum']),
  ]
  if (over !== undefined) rules.push({ kind: 'row', column, condition: `${quoted} > ${over}` })
  if (under !== undefined) rules.push({ kind: 'row', column, condition: `${quoted} < ${under}` })
  const [shortest, longest] = [values.number([...path, 'minLength']), values.number([...path, 'maxLength'])]
  if (shortest !== undefined && type === 'VARCHAR')
    rules.push({ kind: 'row', column, condition: `length(${quoted}) >= ${shortest}` })
  if (longest !== undefined && type === 'VARCHAR')
    rules.push({ kind: 'row', column, condition: `length(${quoted}) <= ${longest}` })
  const pattern = values.text([...path, 'pattern'])
  if (pattern !== undefined) rules.push({ kind: 'matches', column, pattern, flags: '' })
  return rules.map((rule) => ({ name: nameOfRule(rule), severity: 'error', onFailure: 'fail', ...rule }))
}

/** Words of a schema that say what a value must be, and for which there is no check. */
const noCheck = [
  'multipleOf',
  'minItems',
  'maxItems',
  'uniqueItems',
  'contains',
  'not',
  'if',
  'allOf',
  'anyOf',
  'oneOf',
]

/**
 * What a property says and no check does, for people.
 *
 * @param at where it stands
 * @param path where what it means stands
 */
export function leftOut(values: YamlValues, column: string, at: PagePath, path: PagePath): string[] {
  const said = noCheck.filter((word) => values.any([...path, word]) !== undefined)
  const format = values.text([...path, 'format'])
  if (format !== undefined && format in formats)
    said.push(...['minLength', 'maxLength'].filter((word) => values.any([...path, word]) !== undefined))
  if (format !== undefined && !(format in formats)) said.push(`format ${format}`)
  // Beside a reference more may be said than behind it.
  if (at.length !== path.length || at.some((key, i) => key !== path[i])) {
    const beside = values.any(at)
    const words = typeof beside === 'object' && beside !== null ? Object.keys(beside) : []
    said.push(...words.filter((word) => !annotations.has(word)))
  }
  return said.map((word) => `'${word}' of '${column}' was left out: Sluice has no check like it`)
}

const annotations = new Set([
  '$ref',
  'anyOf',
  'oneOf',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
])
