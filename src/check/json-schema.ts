import type { Problem } from '../base/problem.ts'
import type { DeclaredColumn } from '../contract/spec.ts'
import { acceptedIn, checksIn, formats, leftOut } from './json-schema-checks.ts'
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
  const columns = fields.map(({ name: column, at, path, required }): DeclaredColumn => {
    const { type, nullable } = typeIn(values, at)
    const description = values.text([...at, 'description']) ?? values.text([...path, 'description'])
    return {
      name: column,
      type,
      nullable: nullable || !required,
      ...(description !== undefined && { description }),
    }
  })
  const checks = fields.flatMap(({ path }, i) => {
    const column = columns[i]
    return column ? checksIn(values, path, column) : []
  })
  const description = values.text(['description']) ?? values.text(['title'])
  if (values.problems.length > 0) return values.problems
  return {
    table: { name, columns, key: [], checks, ...(description !== undefined && { description }) },
    notes: fields.flatMap(({ name: column, at, path }) => leftOut(values, column, at, path)),
  }
}

/** A property: where it stands, and where what it means stands. */
interface Field {
  readonly name: string
  readonly at: PagePath
  readonly path: PagePath
  readonly required: boolean
}

function fieldsIn(values: YamlValues, path: PagePath): Field[] {
  const properties = values.any([...path, 'properties'])
  if (typeof properties !== 'object' || properties === null) return []
  const required = values.texts([...path, 'required'])
  return Object.keys(properties).map((name) => ({
    name,
    at: [...path, 'properties', name],
    path: meant(values, [...path, 'properties', name]).path,
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

/** Follows references, and `anyOf` or `oneOf` of one thing and null, as many tools write what may be null. */
function meant(values: YamlValues, at: PagePath, seen = 0): { path: PagePath; nullable: boolean } {
  const path = followed(values, at)
  for (const word of ['anyOf', 'oneOf']) {
    const branches = values.any([...path, word])
    if (!Array.isArray(branches) || values.any([...path, 'type']) !== undefined || seen > 20) continue
    const others = branches.flatMap((_, i) =>
      values.any([...path, word, i, 'type']) === 'null' ? [] : [[...path, word, i]],
    )
    const [only] = others
    if (only === undefined || others.length > 1) continue
    const inside = meant(values, only, seen + 1)
    return { path: inside.path, nullable: inside.nullable || branches.length > 1 }
  }
  return { path, nullable: false }
}

function typeIn(values: YamlValues, at: PagePath, depth = 0): { type: string; nullable: boolean } {
  const { path, nullable: orNull } = meant(values, at)
  const said = values.any([...path, 'type']) ?? kindsOf(values, path)
  const named = (Array.isArray(said) ? (said as unknown[]) : [said]).filter((each) => each !== 'null')
  const nullable = orNull || (Array.isArray(said) && said.includes('null'))
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

/** The kinds of the values that `enum` or `const` accept, for a schema that says no type. */
function kindsOf(values: YamlValues, path: PagePath): string[] | undefined {
  const accepted = acceptedIn(values, path)
  if (accepted === undefined) return undefined
  const kinds = accepted.map((value) =>
    value === null ? 'null' : Number.isInteger(value) ? 'integer' : typeof value,
  )
  return [...new Set(kinds)]
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
      const { type, nullable } = typeIn(values, [...path, 'items'], depth + 1)
      return `${type}${nullable ? ' NULL' : ''}[]`
    }
    case 'object': {
      const fields = fieldsIn(values, path).map((field) => {
        const { type, nullable } = typeIn(values, field.at, depth + 1)
        return `"${field.name.replaceAll('"', '""')}" ${type}${nullable || !field.required ? ' NULL' : ''}`
      })
      return fields.length === 0 ? 'JSON' : `STRUCT(${fields.join(', ')})`
    }
    default:
      return undefined
  }
}
