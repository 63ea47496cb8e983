import type { Problem } from '../base/problem.ts'
import { nameOfRule } from '../contract/check-name.ts'
import type { CheckRule } from '../contract/check-form.ts'
import type { DeclaredCheck, DeclaredColumn } from '../contract/spec.ts'
import type { Imported } from './odcs/import.ts'
import { YamlPage, type PagePath } from './yaml-page.ts'
import { YamlValues } from './yaml-values.ts'

/** Whether a JSON text is a schema and not data. */
export function isJsonSchema(text: string): boolean {
  return /^\s*\{/.test(text) && /"\$schema"\s*:\s*"https?:\/\/json-schema\.org\//.test(text.slice(0, 4000))
}

/**
 * Reads a JSON Schema (drafts 07 to 2020-12) of an object as a contract: properties are columns, and what they
 * accept are checks.
 */
export function importJsonSchema(text: string, file: string, name: string): Imported | readonly Problem[] {
  const page = YamlPage.parse(text, file, 'contract/import')
  if (!(page instanceof YamlPage)) return page
  const values = new YamlValues(page)
  const fields = fieldsIn(values, [])
  if (fields.length === 0) values.wrong(['properties'], 'a schema of an object with properties is expected')
  const columns = fields.map(({ name: column, path, required }): DeclaredColumn => {
    const { type, nullable } = typeIn(values, path)
    const description = values.text([...path, 'description'])
    return {
      name: column,
      type,
      nullable: nullable || !required,
      ...(description !== undefined && { description }),
    }
  })
  const checks = fields.flatMap(({ name: column, path }) => checksIn(values, path, column))
  const description = values.text(['description']) ?? values.text(['title'])
  if (values.problems.length > 0) return values.problems
  return {
    table: { name, columns, key: [], checks, ...(description !== undefined && { description }) },
    notes: [],
  }
}

function fieldsIn(values: YamlValues, path: PagePath): { name: string; path: PagePath; required: boolean }[] {
  const properties = values.any([...path, 'properties'])
  if (typeof properties !== 'object' || properties === null) return []
  const required = values.texts([...path, 'required'])
  return Object.keys(properties).map((name) => ({
    name,
    path: followed(values, [...path, 'properties', name]),
    required: required.includes(name),
  }))
}

/** `#/$defs/x` leads to there; a reference to elsewhere, or in a circle, is told by what it is not: a type. */
function followed(values: YamlValues, path: PagePath, seen = 0): PagePath {
  const ref = values.any([...path, '$ref'])
  if (typeof ref !== 'string' || !ref.startsWith('#/') || seen > 20) return path
  const to = ref
    .slice(2)
    .split('/')
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
  return values.any(to) === undefined ? path : followed(values, to, seen + 1)
}

const formats: { readonly [format: string]: string | undefined } = {
  'date-time': 'TIMESTAMP WITH TIME ZONE',
  date: 'DATE',
  uuid: 'UUID',
}

function typeIn(values: YamlValues, path: PagePath, depth = 0): { type: string; nullable: boolean } {
  const said = values.any([...path, 'type'])
  const named = (Array.isArray(said) ? (said as unknown[]) : [said]).filter((each) => each !== 'null')
  const nullable = Array.isArray(said) && said.includes('null')
  const [kind, another] = named
  const type = another === undefined && depth < 20 ? typeOf(values, path, kind, depth) : undefined
  if (type !== undefined) return { type, nullable }
  const name = path.filter((key) => key !== 'properties').join('.')
  values.problems.push({
    ...values.page.problem(
      path,
      `'${name}': ${kind === undefined ? 'it has no type' : `${JSON.stringify(said)} is no type of one column`}`,
      'give it one of string, integer, number, boolean, object, array, and null beside it',
    ),
    code: 'contract/type-unknown',
  })
  return { type: 'VARCHAR', nullable }
}

function typeOf(values: YamlValues, path: PagePath, kind: unknown, depth: number): string | undefined {
  switch (kind) {
    case 'string': {
      const format = values.any([...path, 'format'])
      return (typeof format === 'string' ? formats[format] : undefined) ?? 'VARCHAR'
    }
    case 'integer':
      return 'BIGINT'
    case 'number':
      return 'DOUBLE'
    case 'boolean':
      return 'BOOLEAN'
    case 'array': {
      const { type, nullable } = typeIn(values, followed(values, [...path, 'items']), depth + 1)
      return `${type}${nullable ? ' NULL' : ''}[]`
    }
    case 'object': {
      const fields = fieldsIn(values, path).map((field) => {
        const { type, nullable } = typeIn(values, field.path, depth + 1)
        return `"${field.name.replaceAll('"', '""')}" ${type}${nullable || !field.required ? ' NULL' : ''}`
      })
      return fields.length === 0 ? 'JSON' : `STRUCT(${fields.join(', ')})`
    }
    default:
      return undefined
  }
}

function checksIn(values: YamlValues, path: PagePath, column: string): DeclaredCheck[] {
  const rules: CheckRule[] = []
  const accepted = values.any([...path, 'enum'])
  if (Array.isArray(accepted))
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
  const pattern = values.text([...path, 'pattern'])
  if (pattern !== undefined) rules.push({ kind: 'matches', column, pattern, flags: '' })
  return rules.map((rule) => ({ name: nameOfRule(rule), severity: 'error', onFailure: 'fail', ...rule }))
}
